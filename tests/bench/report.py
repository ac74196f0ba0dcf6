"""Tables for people and values for machines."""
import statistics


def number(value):
    """Three digits that matter."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(peer, ours):
    """How many times longer the peer takes."""
    return peer / ours if ours > 0 else None


def there(cell):
    return cell is not None and bool(cell.samples)


def short(refused):
    """The first word of why there is nothing."""
    return refused.partition(":")[0] if refused.startswith("stalled") else "refused" if refused else "-"


def spread(cell):
    """median [min .. max], and how many samples stayed disturbed; or why there is none."""
    if not there(cell):
        return short(cell.refused) if cell else "-"
    mark = f" !{cell.disturbed()}" if cell.disturbed() else ""
    return f"{number(cell.median())} [{number(min(cell.values()))}..{number(max(cell.values()))}]{mark}"


def against(cell, ours):
    """A peer's median and its ratio to ours."""
    if not there(cell):
        return short(cell.refused) if cell else "-"
    if not there(ours) or ours.median() <= 0:
        return number(cell.median())
    return f"{number(cell.median())} {ratio(cell.median(), ours.median()):.2f}x"


def reaches(cells, peer, least):
    """Whether a peer takes at least so many times longer; true when it was not measured."""
    return not there(cells.get(peer)) or ratio(cells[peer].median(), cells["tokiod"].median()) >= least


def verdict(workload, cells):
    """Which of the budget, the wanted ratio to Tokio and the nearness to the limit are missed."""
    ours = cells.get("tokiod")
    if not there(ours) or ours.median() <= 0:
        return ""
    missed = []
    if workload.budget is not None and ours.median() > workload.budget:
        missed.append("budget")
    if workload.want and not reaches(cells, "tokio", workload.want):
        missed.append("ratio")
    if workload.near and not reaches(cells, "limit", workload.near):
        missed.append("limit")
    return "misses " + "+".join(missed) if missed else ""


def header(names):
    columns = "".join(f"{name:>16}" for name in names if name != "tokiod")
    return f"{'workload':<25}{'unit':<8}{'tokiod median [min..max]':>31}{'budget':>8}{columns}{'want':>7}"


def wanted(workload):
    if workload.want is not None:
        return f"{workload.want:g}x"
    return "" if workload.near is None else f"l {workload.near:g}"


def row(workload, cells, names):
    """One line of the table; for a server two more, with what its clients saw."""
    ours = cells.get("tokiod")
    unit = next((cell.unit for cell in cells.values() if cell.unit), "")
    budget = "" if workload.budget is None else number(workload.budget)
    columns = "".join(f"{against(cells.get(name), ours):>16}" for name in names if name != "tokiod")
    line = f"{workload.name:<25}{unit:<8}{spread(ours):>31}{budget:>8}{columns}{wanted(workload):>7}  {verdict(workload, cells)}"
    return "\n".join([line.rstrip(), *served(cells, names)])


def middle(cell, key):
    return statistics.median(sample.more[key] for sample in cell.samples)


def served(cells, names):
    """Latency and rate of each server, under its own column."""
    if not any(there(cell) and cell.samples[0].more for cell in cells.values()):
        return
    for what, text in (("p50/p99 us", lambda cell: f"{middle(cell, 'p50_us'):,.0f}/{middle(cell, 'p99_us'):,.0f}"),
                       ("1,000/s", lambda cell: number(middle(cell, "per_s") / 1000))):
        ours, *others = (text(cells[name]) if there(cells.get(name)) else "-" for name in names)
        yield f"{'':<23}{what:>10}{ours:>31}{'':>8}" + "".join(f"{other:>16}" for other in others)


def cell_values(cell, ours):
    if not cell.samples:
        return {"refused": cell.refused}
    values = cell.values()
    out = {"unit": cell.unit, "operations": cell.count, "median": statistics.median(values), "min": min(values),
           "max": max(values), "samples": values, "cpu": [sample.cpu_per_op for sample in cell.samples], "foreign": [round(sample.foreign, 3) for sample in cell.samples],
           "steal": [round(sample.steal, 3) for sample in cell.samples], "disturbed": cell.disturbed()}
    if there(ours) and ours.median() > 0:
        out["ratio"] = ratio(cell.median(), ours.median())
    if cell.samples[0].more:
        out["served"] = [sample.more for sample in cell.samples]
    return out


def row_values(workload, cells):
    """A row for machines: every engine's samples and its ratio to tokiod."""
    ours = cells.get("tokiod")
    return {"workload": workload.name, "about": workload.about, "budget": workload.budget, "want": workload.want,
            "near": workload.near, "engines": {name: cell_values(cell, ours) for name, cell in cells.items()}}
