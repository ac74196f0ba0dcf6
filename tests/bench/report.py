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


def spread(cell):
    """median [min .. max], or why there is none."""
    if not cell.samples:
        return cell.refused.split(":")[0][:22] or "-"
    mark = f" !{cell.disturbed()}" if cell.disturbed() else ""
    return f"{number(cell.median())} [{number(min(cell.values()))}..{number(max(cell.values()))}]{mark}"


def against(cell, ours):
    """A peer's median and its ratio to ours."""
    if cell is None:
        return "-"
    if not cell.samples:
        return cell.refused.split(":")[0][:14]
    if ours is None or not ours.samples or ours.median() <= 0:
        return number(cell.median())
    return f"{number(cell.median())} {ratio(cell.median(), ours.median()):.2f}x"


def verdict(workload, cells):
    """Which of budget and wanted ratio are missed."""
    ours, tokio = cells.get("tokiod"), cells.get("tokio")
    if ours is None or not ours.samples:
        return ""
    missed = []
    if workload.budget is not None and ours.median() > workload.budget:
        missed.append("budget")
    if workload.want and tokio and tokio.samples and ratio(tokio.median(), ours.median()) < workload.want:
        missed.append("ratio")
    return "misses " + "+".join(missed) if missed else ""


def header(names):
    columns = "".join(f"{name:>18}" for name in names if name != "tokiod")
    return f"{'workload':<25}{'unit':<8}{'tokiod':>27}{'budget':>8}{columns}{'want':>6}"


def row(workload, cells, names):
    ours = cells.get("tokiod")
    unit = next((cell.unit for cell in cells.values() if cell.unit), "")
    budget = "" if workload.budget is None else number(workload.budget)
    want = "" if workload.want is None else f"{workload.want:g}x"
    columns = "".join(f"{against(cells.get(name), ours):>18}" for name in names if name != "tokiod")
    left = f"{workload.name:<25}{unit:<8}{spread(ours) if ours else '-':>27}{budget:>8}"
    return f"{left}{columns}{want:>6}  {verdict(workload, cells)}".rstrip()


def cell_values(cell, ours):
    if not cell.samples:
        return {"refused": cell.refused}
    values = cell.values()
    out = {"unit": cell.unit, "operations": cell.count, "median": statistics.median(values), "min": min(values),
           "max": max(values), "samples": values, "foreign": [round(sample.foreign, 3) for sample in cell.samples],
           "steal": [round(sample.steal, 3) for sample in cell.samples], "disturbed": cell.disturbed()}
    if ours is not None and ours.samples and ours.median() > 0:
        out["ratio"] = ratio(cell.median(), ours.median())
    return out


def row_values(workload, cells):
    """A row for machines: every engine's samples and its ratio to tokiod."""
    ours = cells.get("tokiod")
    return {"workload": workload.name, "about": workload.about, "budget": workload.budget, "want": workload.want,
            "engines": {name: cell_values(cell, ours) for name, cell in cells.items()}}
