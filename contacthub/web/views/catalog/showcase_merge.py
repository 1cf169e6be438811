"""Made-up contacts that are to be merged, for the page of all components."""

from contacthub.web.views.catalog.merging_view import MergeCell, MergeRow, MergeSide


def sample_merge() -> dict[str, object]:
    """Return two contacts, of which one could stay instead, and a choice between their values."""
    here = "/reference/components/"
    return {
        "merge_sides": [
            (
                MergeSide(
                    "Anna Berg",
                    "id_0000000000000001",
                    "VP at Halden",
                    "In your catalog since 2 Nov 2026",
                ),
                "Stays",
                "ok",
            ),
            (
                MergeSide(
                    "Annie Berg",
                    "id_0000000000000002",
                    "",
                    "In your catalog since 9 Nov 2026",
                    here,
                ),
                "Becomes part of it",
                "off",
            ),
        ],
        "merge_row": MergeRow(
            "sample_title",
            "Title",
            (
                MergeCell("survivor", "VP Sales", "Letrics, last seen 2 Nov 2026", True),
                MergeCell("merged", "Head of Sales", "Source not known", False),
            ),
            "The newest source says the other one, so your choice is settled.",
        ),
    }
