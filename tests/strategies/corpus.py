"""Valid texts that between them use every construct of the language: seeds for mutation and layout tests."""

from __future__ import annotations

EXCHANGE = """\
units time = min, concentration = mM, volume = mL
species CdTe_PC "CdTe PC-371" of Cd[n]Te[n] = 1.2 mM
species CdSe_MF of CdSe, CdTe_MF of CdTe
species CdTeSe_PC399 "CdTeSe PC-399" of Cd[n]Te[n-1]Se
species OTA "octylamine" of C8H19N = 50 mM constant
parameter k1 = 0.05 /mM/min in 1e-4 .. 10 log "substitution"
parameter eps = 23 ± 2 mM^-1 cm^-1
k2 = k1/12
step1: CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF   @ k1, k2     # mass action, forward and reverse
step3: CdTeSe_PC399 <-> CdTeSe_MSC399 @ k3*(1 + a3*[OTA]), k4 "conversion"
observable Te_total "all the Te" = [CdTe_PC] + [CdTeSe_PC399]
observable colour = eps*[CdTe_PC]
option t_end = 240 min, points = 241
temperature = 298.15 K
"""

BENCH = """\
# reactions of every kind
units time = s, concentration = mM
parameter Vmax = 2 mM/min ; parameter Km = 0.5 mM, n = 2.5 in 1 .. 4, w = 0.1 /s
function hill(x, K, m) = x^m/(K^m + x^m)
2 A -> B @ 0.1 /mM/min          ;  0 -> A @ 1 mM/min  ;  A → ∅ @ 0.2 /min
A -> B -> C  @ k1, k2 order A, B^1.5
E + S <-> ES -> E + P @ kon, koff, kcat
S -> P   rate Vmax*[S]/(Km + [S])
S ⇌ Q  rate Vmax*hill([S], Km, n) - w*[Q]
A -[OTA^0.5, E]-> B @ k5
(m+1) X -> Y @ kx ; H^+ + OH^- -> H2O @ kw
parameter m = 2
0.5 D <- F rate 0.2 mM/s * if(time < 5 min, exp(-w*time), 0.1)
G -> H @ k7*(1 + 0.5*sin(2*3.14*w*t))*max([A]/Km, 1)
"""

FAMILY = """\
unit c0
units concentration = c0, time = h
species A = 1 c0, B = 0.5
A + B <=> AB @ 2 /c0/h,
    0.1 /h
pathway one "the first way" { step2: AB -> C @ k1
  C -> D @ k2 }
pathway two
{ step2: AB -> D @ k1
}
option pathway = two, t_end = 10 h, method = bdf, mass_action = combinatorial, rtol = 1e-8
observable total = [A] +
   [B] + 2*[AB]
"""

CORPUS = (
    EXCHANGE,
    BENCH,
    FAMILY,
    "CdTe_PC + CdSe_MF <-> CdTeSe_PC399 + CdTe_MF\n",
    "A -> B @ 0.1",
    "units time = ms\nk = 3\nf = k*2 + sqrt(4)\nX <-> Y @ k /h, f*1e-3 /min\nparameter q = 20 degC fixed\n",
    "species Ca of Ca^2+, EDTA of (C2H3O2)4N2C2H4^4-\nCa + EDTA -> CaEDTA @ 1e10 /M/s\n"
    "species CaEDTA of CaC10H16N2O8^2-\n",
)
