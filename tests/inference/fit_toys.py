"""Objectives that are written by hand, with exact derivatives, for tests of what searches them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from mscnet.inference.problem import FAILED, FreeParameter, Term
from mscnet.inference.search import run_start
from mscnet.inference.settings import FitSettings

TIMES = np.linspace(1.0, 60.0, 30)


class Consecutive:
    """A -> B -> C from [A] = 1, [B] read with an error: B = k1/(k2 - k1)·(exp(-k1 t) - exp(-k2 t)).

    Swapped constants with another amplitude fit as well, so the amplitude is fixed, and the optimum is one.
    `broken` fails where k1 is above a value.
    """

    model = None

    def __init__(self, true=(0.12, 0.04), noise=0.01, seed=0, broken=math.inf, bounds=(1e-3, 10.0)):
        self.parameters = tuple(FreeParameter(n, *bounds, "log", s) for n, s in (("k1", 0.05), ("k2", 0.5)))
        self.terms = tuple(Term("datum", "", "decay", "b", float(t), sigma=noise) for t in TIMES)
        self.constant = -len(TIMES) * math.log(math.sqrt(2 * math.pi) * noise)
        self.noise, self.broken = noise, broken
        self.evaluations = 0
        scatter = np.random.default_rng(seed).normal(size=TIMES.size) * noise
        self.seen = self._course(np.log(true))[0] + scatter

    def _course(self, theta):
        """B at the times, and its derivatives by ln k1 and ln k2."""
        k1, k2 = np.exp(theta)
        if abs(k1 - k2) < 1e-6 * k1:
            k2 = k1 * (1 + 1e-6)
        a, c, d = np.exp(-k1 * TIMES), np.exp(-k2 * TIMES), k2 - k1
        by_k1 = (k2 / d**2) * (a - c) - (k1 / d) * TIMES * a
        by_k2 = -(k1 / d**2) * (a - c) + (k1 / d) * TIMES * c
        return k1 / d * (a - c), np.stack([by_k1 * k1, by_k2 * k2], axis=1)

    def linearised(self, theta):
        self.evaluations += 1
        if theta[0] > math.log(self.broken):
            return np.full(TIMES.size, FAILED), np.zeros((TIMES.size, 2))
        course, slopes = self._course(np.asarray(theta))
        return (course - self.seen) / self.noise, slopes / self.noise

    def residuals(self, theta):
        return self.linearised(theta)[0]

    def many(self, thetas):
        return np.array([self.residuals(theta) for theta in thetas])

    def values(self, theta):
        return {p.name: p.to_value(float(u)) for p, u in zip(self.parameters, theta, strict=True)}


class Linear:
    """r = A (u - true), with linear parameters and optional one-sided terms u[j] >= bound."""

    model = None

    def __init__(self, matrix, true, low=-10.0, high=10.0, least=()):
        self.matrix, self.true, self.least = np.asarray(matrix, float), np.asarray(true, float), tuple(least)
        self.parameters = tuple(FreeParameter(f"u{j}", low, high, "linear", 0.0) for j in range(self.true.size))
        self.terms = tuple([Term("datum", "")] * len(self.matrix) + [Term("bound", "")] * len(self.least))
        self.constant = 0.0

    def linearised(self, theta):
        theta = np.asarray(theta, float)
        residuals, slopes = [self.matrix @ (theta - self.true)], [self.matrix]
        for j, bound, scale in self.least:
            row = np.zeros((1, theta.size))
            row[0, j] = -1 / scale if theta[j] < bound else 0.0
            residuals.append([max(0.0, (bound - theta[j]) / scale)])
            slopes.append(row)
        return np.concatenate(residuals), np.concatenate(slopes)

    def residuals(self, theta):
        return self.linearised(theta)[0]

    def many(self, thetas):
        return np.array([self.residuals(theta) for theta in thetas])

    def values(self, theta):
        return {p.name: float(u) for p, u in zip(self.parameters, theta, strict=True)}


class Hilly:
    """Two parameters, many minima: Rastrigin's function as residuals, least at 0."""

    model = None

    def __init__(self):
        self.parameters = tuple(FreeParameter(n, -4.1, 5.3, "linear") for n in ("x", "y"))
        self.terms = (Term("datum", ""),) * 4
        self.constant = 0.0

    def linearised(self, theta):
        x = np.asarray(theta, float)
        waves = np.sqrt(10 * (1 - np.cos(2 * np.pi * x)) + 1e-12)
        slopes = 10 * np.pi * np.sin(2 * np.pi * x) / waves
        return np.concatenate([x, waves]), np.concatenate([np.eye(2), np.diag(slopes)])

    def residuals(self, theta):
        return self.linearised(theta)[0]

    def many(self, thetas):
        return np.array([self.residuals(theta) for theta in thetas])

    def values(self, theta):
        return {p.name: float(u) for p, u in zip(self.parameters, theta, strict=True)}


@dataclass(frozen=True)
class ToyTask:
    """Work for other processes."""

    settings: FitSettings = field(default_factory=lambda: FitSettings(starts=6))
    trouble: str = ""

    def objective(self):
        if self.trouble == "dies":
            import os

            os._exit(7)
        if self.trouble == "breaks":
            raise ZeroDivisionError("made to break")
        return Consecutive()

    def work(self):
        made = self.objective()
        return lambda number, watch: run_start(made, self.settings, number, watch)
