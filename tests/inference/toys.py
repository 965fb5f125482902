"""Objectives in closed form: a function of the values, data with standard deviations, exact derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.problem import FAILED, FreeParameter, Term

FloatArray = NDArray[np.float64]


class Toy:
    """Residuals (model - observed)/sigma of a model of the *values* that returns it with its derivatives (n, P).

    With `estimated`, a last parameter `sd` is the standard deviation of all data, estimated along.
    """

    def __init__(
        self,
        parameters: Sequence[FreeParameter],
        model: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
        observed: FloatArray,
        sigma: float,
        estimated: bool = False,
    ) -> None:
        self.model, self.observed, self.sigma, self.estimated = (
            model,
            np.asarray(observed, dtype=float),
            sigma,
            estimated,
        )
        noise = (FreeParameter("sd", 1e-9, 1e3, "log", sigma, kind="noise"),) if estimated else ()
        self.parameters = (*parameters, *noise)
        data = [Term("datum", "toy", "", "y", float(i), observed=float(y), sigma=sigma) for i, y in enumerate(observed)]
        priors = [Term("prior", p.name) for p in parameters if p.prior is not None]
        self.terms = (*data, *priors, *((Term("noise", "sd", "", "y"),) * 2 if estimated else ()))
        self.constant = -len(data) * float(np.log(np.sqrt(2 * np.pi) * (1.0 if estimated else sigma)))
        self._floor = float(np.log(1e-9)) - 1.0
        if estimated:
            self.constant -= len(data) * self._floor
        self.evaluations = self.linearisations = 0

    def residuals(self, theta: FloatArray) -> FloatArray:
        self.evaluations += 1
        return self._both(np.asarray(theta, dtype=float))[0]

    def linearised(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        self.linearisations += 1
        return self._both(np.asarray(theta, dtype=float))

    def many(self, thetas: FloatArray) -> FloatArray:
        return np.array([self.residuals(theta) for theta in thetas])

    def values(self, theta: FloatArray) -> dict[str, float]:
        return {p.name: p.to_value(float(u)) for p, u in zip(self.parameters, theta, strict=True)}

    def _both(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        own = [p for p in self.parameters if p.kind == "model"]
        values = np.array([p.to_value(float(u)) for p, u in zip(own, theta, strict=False)])
        chain = np.array([v if p.scale == "log" else 1.0 for p, v in zip(own, values, strict=True)])
        model, slopes = self.model(values)
        sigma = float(np.exp(theta[-1])) if self.estimated else self.sigma
        if not np.all(np.isfinite(model)):
            return np.full(len(self.terms), FAILED), np.zeros((len(self.terms), len(theta)))
        data = (model - self.observed) / sigma
        jacobian = np.zeros((len(self.terms), len(theta)))
        jacobian[: data.size, : len(own)] = slopes * chain / sigma
        rows, at = [data], data.size
        for j, p in enumerate(own):
            if p.prior is not None:
                rows.append(np.array([(values[j] - p.prior[0]) / p.prior[1]]))
                jacobian[at, j] = chain[j] / p.prior[1]
                at += 1
        if self.estimated:
            jacobian[: data.size, -1] = -data
            # half of their squares is n ln(sigma), and JᵀJ of all 2 n
            turn = np.sqrt(2 * (theta[-1] - self._floor) - 1)
            pair = [np.cos(turn) + turn * np.sin(turn), np.sin(turn) - turn * np.cos(turn)]
            rows.append(np.sqrt(data.size) * np.array(pair))
            jacobian[at:, -1] = np.sqrt(data.size) * np.array([np.cos(turn), np.sin(turn)])
        return np.concatenate(rows), jacobian


def rate(name: str, low: float = 1e-4, high: float = 1e3) -> FreeParameter:
    return FreeParameter(name, low, high, "log")


def plain(name: str, low: float = -1e3, high: float = 1e3, prior: tuple[float, float] | None = None) -> FreeParameter:
    return FreeParameter(name, low, high, prior=prior)


def line(x: FloatArray) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    """a + b x."""
    design = np.column_stack([np.ones_like(x), x])
    return lambda v: (design @ v, design)


def decay(t: FloatArray) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    """[A] of A -> B from 1, one constant."""
    return lambda v: (np.exp(-v[0] * t), (-t * np.exp(-v[0] * t))[:, None])


def chain(t: FloatArray) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    """[A], [B] of A -> B -> C from 1, one after the other; constants k1 and k2."""

    def model(v: FloatArray) -> tuple[FloatArray, FloatArray]:
        a, b = v
        d = b - a if abs(b - a) > 1e-9 * a else 1e-9 * a
        ea, eb = np.exp(-a * t), np.exp(-b * t)
        mid = a / d * (ea - eb)
        da = (ea - eb) / d + a / d**2 * (ea - eb) - a / d * t * ea
        db = -a / d**2 * (ea - eb) + a / d * t * eb
        zero = np.zeros_like(t)
        return np.concatenate([ea, mid]), np.concatenate([np.column_stack([-t * ea, zero]), np.column_stack([da, db])])

    return model
