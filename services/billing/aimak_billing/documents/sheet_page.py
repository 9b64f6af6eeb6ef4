"""The page around a published tariff: its own style inside, readable on a phone, on paper and in the dark."""

PAGE = """<!DOCTYPE html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>$title</title>
<style>
:root { --ink: #1c2430; --quiet: #5a6676; --line: #d8dee6; --page: #ffffff; --soft: #f1f5f9; --mark: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8edf3; --quiet: #a3afbd; --line: #364150; --page: #141a22; --soft: #1e2731; --mark: #7db8f5; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Noto Sans", sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 1.2rem 1rem 3rem; }
header p { margin: 0; color: var(--quiet); }
h1 { margin: .2rem 0 .3rem; font-size: 1.6rem; line-height: 1.25; }
.since { font-weight: 600; color: var(--mark); }
.draft { border: 2px solid; padding: .4rem .8rem; font-weight: 700; color: #b3261e; }
h2 { margin: 2rem 0 .6rem; font-size: 1.1rem; }
.price { display: flex; flex-wrap: wrap; gap: .2rem 1rem; justify-content: space-between; align-items: baseline;
  padding: .7rem .9rem; margin-bottom: .5rem; background: var(--soft); border-radius: .5rem; }
.what { flex: 1 1 9rem; }
.sum { text-align: right; white-space: nowrap; margin-left: auto; }
.sum b { font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.sum small { display: block; color: var(--quiet); white-space: normal; }
ul { padding-left: 1.2rem; color: var(--quiet); }
dl { margin: 0; }
dt { color: var(--quiet); font-size: .9rem; margin-top: .6rem; }
dd { margin: 0; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); margin-top: 1.6rem; }
section h2 { margin-top: 1rem; }
@media print { body { font-size: 11pt; } main { max-width: none; padding: 0; } .price { break-inside: avoid; } }
</style>
</head>
<body>
<main>
<header>
<p>$municipality</p>
<h1>$title</h1>
<p>$provider</p>
<p class="since">$since</p>
</header>
$draft
<h2>$prices_head</h2>
$prices
$rules
$norms
$papers
<section>$facts</section>
</main>
</body>
</html>
"""
