#!/usr/bin/env python3
"""bench-trade.py BINARY EXPORTS: time and memory of `rahgosha trade`, and of the symmetric form in plain numpy, in one run.

Each line is a process of its own: CPU seconds and peak memory as the kernel counted them, reading and writing included.
HS6 and the flows are synthetic: 226 countries by 5,400 products, and FLOWS rows (11,000,000) of one bilateral year, once
in our form and once in that of BACI, which is loaded into a register.
"""
import csv, gzip, math, os, random, sys, tempfile


def measured(what, argv):
    pid = os.spawnvp(os.P_NOWAIT, argv[0], argv)
    _, status, use = os.wait4(pid, 0)
    state = "" if status == 0 else f"  FAILED ({status})"
    print(f"{what:44} {use.ru_utime + use.ru_stime:8.2f} CPU s {use.ru_maxrss / 1024:8.0f} MiB{state}", flush=True)
    return status == 0


def plain(path):
    """The symmetric country form, proximity as a whole matrix, density and gain by products of matrices."""
    import numpy as np
    rows = list(csv.reader(gzip.open(path, "rt") if path.endswith(".gz") else open(path)))[1:]
    cs, ps = sorted({r[0] for r in rows}), sorted({r[1] for r in rows})
    ci, pi = {c: i for i, c in enumerate(cs)}, {p: i for i, p in enumerate(ps)}
    x = np.zeros((len(cs), len(ps)))
    for c, p, v in rows:
        x[ci[c], pi[p]] = float(v)
    rca = (x / x.sum(1)[:, None]) / (x.sum(0) / x.sum())
    m = (rca >= 1).astype(float)
    kc, kp = m.sum(1), m.sum(0)
    w = m / np.sqrt(kc)[:, None] / np.sqrt(kp)
    values, vectors = np.linalg.eigh(w @ w.T)
    k = vectors[:, -2] / np.sqrt(kc)
    k *= np.sign(np.corrcoef(k, kc)[0, 1])
    q = (m.T @ k) / kp / values[-2]
    phi = (m.T @ m) / np.maximum(kp[:, None], kp)
    reach = phi.sum(0)
    density = m @ phi / reach
    cog = (1 - m) * ((1 - m) @ (phi * (q / reach)[:, None])) / k.std()
    coi = (density * (1 - m) * q).sum(1)
    with open(os.devnull, "w") as out:
        for i, c in enumerate(cs):
            for j, p in enumerate(ps):
                out.write(f"{c},{p},{x[i, j]!r},{rca[i, j]!r},{m[i, j]!r},{density[i, j]!r},{cog[i, j]!r}\n")
    return (k - k.mean()) / k.std(), coi


def hs6(path):
    rnd = random.Random(1)
    with open(path, "w") as f:
        f.write("country,product,value_usd\n")
        need = [rnd.gauss(0, 1) for _ in range(5400)]
        for c in range(226):
            skill, size = rnd.gauss(0, 1), math.exp(rnd.gauss(0, 2))
            for p, n in enumerate(need):
                if rnd.random() < 0.8:
                    f.write(f"c{c:03},p{p:04},{size * math.exp(skill * n + rnd.gauss(0, 1.5)) * 1e6:.0f}\n")


def flows(path, rows):
    rnd = random.Random(2)
    with open(path, "w") as f:
        f.write("origin,destination,product,year,value_usd,dist_km\n")
        keep = rows / (226 * 225 * 5400)
        for i in range(226):
            for j in range(226):
                if i == j:
                    continue
                head, d, k = f"c{i:03},c{j:03},", 500 + 37 * ((i * 7 + j * 7) % 400), -1
                while True:  # skips as geometric draws: no cost for what is not kept
                    k += 1 + int(math.log(1 - rnd.random()) / math.log(1 - keep))
                    if k >= 5400:
                        break
                    f.write(f"{head}p{k:04},2023,{rnd.randrange(1, 10**7)},{d}\n")


def baci(path, countries, rows):
    rnd = random.Random(3)
    with open(countries, "w") as f:
        f.write("iso3,name_en,number\n")
        for i in range(226):
            f.write(f"{chr(65 + i // 26)}{chr(65 + i % 26)}X,country {i},{4 + 4 * i}\n")
    with open(path, "w") as f:
        f.write("t,i,j,k,v,q\n")
        keep = rows / (226 * 225 * 5400)
        for i in range(226):
            for j in range(226):
                if i == j:
                    continue
                head, k = f"2024,{4 + 4 * i},{4 + 4 * j},", -1
                while True:
                    k += 1 + int(math.log(1 - rnd.random()) / math.log(1 - keep))
                    if k >= 5400:
                        break
                    v = rnd.randrange(1, 10**8)  # codes below chapter 10 without their first 0, as a spreadsheet leaves them
                    f.write(f"{head}{10121 + 181 * k},{v // 1000}.{v % 1000:03},{v // 7000}.{v % 997:03}\n")


def main(binary, exports):
    ok = True
    with tempfile.TemporaryDirectory() as tmp:
        run = lambda what, *args: measured(what, [binary, "trade", *args, "--out", f"{tmp}/out"])
        bench = lambda what, path: measured(what, [sys.executable, __file__, "plain", path])
        big = f"{tmp}/hs6.csv"
        hs6(big)
        if os.path.exists(exports):
            ok &= run("HS4 2017, rahgosha", "complexity", "--exports", exports)
            ok &= bench("HS4 2017, numpy", exports)
        else:
            print(f"HS4 2017: skipped, no {exports}")
        ok &= run("HS6 synthetic 226 x 5,400, rahgosha", "complexity", "--exports", big)
        ok &= bench("HS6 synthetic 226 x 5,400, numpy", big)
        ok &= run("HS6 synthetic, smooth presence, rahgosha", "complexity", "--exports", big, "--profile", "atlas2026")
        rows = int(os.environ.get("FLOWS", "11000000"))
        year = f"{tmp}/flows.csv"
        flows(year, rows)
        ok &= run(f"bilateral year, about {rows:,} rows, one exporter", "potential", "--flows", year, "--origin", "c000")
        os.remove(year)
        places, data = f"{tmp}/countries.csv", f"{tmp}/data"
        baci(year, places, rows)
        load = lambda what, path, *args: measured(what, [binary, "import", "trade", path, *args, "--publisher", "synthetic", "--licence", "none", "--data", data])
        ok &= load("countries into a register", places, "--kind", "countries")
        ok &= load(f"BACI year, about {rows:,} rows, into a register", year, "--kind", "exports", "--form", "baci", "--year", "2024", "--edition", "HS2022")
        ok &= load("the same with its importers, as flows", year, "--kind", "flows", "--form", "baci", "--year", "2024", "--edition", "HS2022")
    sys.exit(0 if ok else 1)


if sys.argv[1] == "plain":
    plain(sys.argv[2])
else:
    main(sys.argv[1], sys.argv[2])
