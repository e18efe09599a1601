"""The report: one HTML page that shows a run or any file of dialogues, and opens without a network.

::

    reading.py      a run folder or anybody's file -> entries: records with a verdict, one at a time
    facts.py        what is counted of one entry
    figures.py      facts of all -> the figures of the report
    svg.py plots.py figures -> plots
    toolmap.py      the tools in use and how they hang together, laid out on a circle
    packing.py      entries -> compressed islands that the page opens one by one
    page.py         all of it -> the page; page.html, *.css and *.js stand beside it
"""

from toolflow_graph.evaluation.report.page import build_report

__all__ = ["build_report"]
