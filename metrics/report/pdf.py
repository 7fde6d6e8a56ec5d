"""PDF: the report on paper, with the fonts every reader has; their letters are those of Western European languages."""

from __future__ import annotations

from fpdf import FPDF
from fpdf.fonts import FontFace

from metrics import links
from metrics.report.blocks import Gaps, Report, Section, Table

FONT, ENCODING = "Helvetica", "windows-1252"  # without a font of ours, what lies outside is written as "?"
TITLED = 26  # millimeters: a title, its note, and two lines
SENTENCE = 26  # letters: what is longer takes twice the room of a number
INK, QUIET, LINE = (23, 24, 28), (77, 82, 92), (207, 211, 218)
SPELLED = {"≥": ">=", "≤": "<=", "−": "-", "≠": "<>", "→": "->", "Σ": "Sum", "\u202f": " ", "\u2009": " "}


class Paper(FPDF):
    """An A4 sheet with the number of the page at its foot."""

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-12)
        self.set_font(FONT, size=8)
        self.set_text_color(*QUIET)
        self.cell(0, 6, f"{self.page_no()} / {{nb}}", align="R")


def pdf(report: Report, origin: str) -> bytes:
    """Return the report as a PDF; receipts are links below ``origin``."""
    paper = Paper(format="A4")
    paper.core_fonts_encoding = ENCODING
    paper.set_lang(report.language)
    paper.set_title(written(f"{report.title} – {report.house}"))
    paper.set_auto_page_break(auto=True, margin=16)
    paper.add_page()
    _line(paper, report.title, 20, bold=True)
    _line(paper, f"{report.house} · {report.span}", 12)
    _line(paper, report.as_of, 9, quiet=True)
    for section in report.sections:
        _section(paper, section, origin)
    return bytes(paper.output())


def written(text: str) -> str:
    """Return a text in the letters of the font."""
    for letter, spelled in SPELLED.items():
        text = text.replace(letter, spelled)
    return text.encode(ENCODING, "replace").decode(ENCODING)


def _section(paper: FPDF, section: Section, origin: str) -> None:
    paper.ln(5)
    _keep_together(paper)
    paper.start_section(written(section.title))
    _line(paper, section.title, 15, bold=True)
    _line(paper, section.lead, 10, quiet=True)
    for block in section.blocks:
        paper.ln(2)
        if isinstance(block, Gaps):
            _gaps(paper, block)
        else:
            _table(paper, block, origin)


def _gaps(paper: FPDF, block: Gaps) -> None:
    if not block.items:
        return
    _keep_together(paper)
    _line(paper, block.title, 11, bold=True)
    for item in block.items:
        _line(paper, f"• {item}", 9)


def _table(paper: FPDF, block: Table, origin: str) -> None:
    _keep_together(paper)
    _line(paper, block.title, 11, bold=True)
    if block.note:
        _line(paper, block.note, 8, quiet=True)
    if not block.rows:
        _line(paper, block.empty, 9)
        return
    paper.set_font(FONT, size=8)
    paper.set_text_color(*INK)
    paper.set_draw_color(*LINE)
    sentences = [any(len(written(cells[at].text)) > SENTENCE for cells in block.rows) for at in range(len(block.heads))]
    widths = [2 if at == 0 or sentences[at] else 1 for at in range(len(block.heads))]
    with paper.table(
        borders_layout="HORIZONTAL_LINES", line_height=5, col_widths=widths, headings_style=FontFace(emphasis="BOLD"),
        text_align="LEFT", padding=0.6,
    ) as table:  # fmt: skip
        table.row([written(head) for head in block.heads])
        for cells in block.rows:
            row = table.row()
            for cell in cells:
                link = f"{origin}{links.of_receipt(cell.receipt)}" if cell.receipt else None
                row.cell(written(cell.text), link=link)


def _keep_together(paper: FPDF) -> None:
    """Begin a page where a title would stand at the foot of one without what it names."""
    if paper.will_page_break(TITLED):
        paper.add_page()


def _line(paper: FPDF, text: str, size: int, *, bold: bool = False, quiet: bool = False) -> None:
    paper.set_font(FONT, "B" if bold else "", size)
    paper.set_text_color(*(QUIET if quiet else INK))
    paper.multi_cell(0, size * 0.5, written(text), new_x="LMARGIN", new_y="NEXT")
