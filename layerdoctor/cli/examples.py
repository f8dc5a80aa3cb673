"""How each command is used, as its help shows it."""

from __future__ import annotations

EXAMPLES = {
    "inspect": """\
layerdoctor inspect mypkg.layers:Attention --shape 8,16,64 --arg units=64
layerdoctor inspect layers.py:Tokens --input 8,16:int32:0..999 --input mask=8,16:bool
layerdoctor inspect layers.py:Table --arg rows=array:100,8 --call training=true
layerdoctor inspect layers.py:Gate --shape 4,8 -o report.html""",
    "check": """\
layerdoctor check                        the configured layers, else what is found
layerdoctor check src/layers --jobs 2    the layers in a folder
layerdoctor check --init                 writes a config entry for each
layerdoctor check -f sarif -o layers.sarif""",
    "fix": """\
layerdoctor fix mypkg.layers:Attention --shape 8,16,64
layerdoctor fix                          the configured layers, else what is found
layerdoctor fix --apply                  writes what holds, where git can take it back""",
    "rule": """\
layerdoctor rule LD202    one rule: what, why, bad, help, good
layerdoctor rule LD2      the rules on gradients""",
    "merge": "layerdoctor merge part-*.json -o report.html",
    "list": "layerdoctor list src",
    "doctor": "layerdoctor doctor",
}
