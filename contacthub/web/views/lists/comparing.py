"""Two or three lists compared, and their parts as new lists."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from contacthub.core.errors import Conflict, CountChanged, Invalid
from contacthub.lists import queries
from contacthub.lists.combining import MOST, Comparison, combine_lists, compare_lists
from contacthub.lists.models import List
from contacthub.organizations.rights import Right
from contacthub.web.access import member
from contacthub.web.forms import list_choices
from contacthub.web.htmx import render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.scalars import parse_whole
from contacthub.web.views.lists.compare_view import (
    compare_address,
    describe_chooser,
    describe_comparison,
    name_parts,
)
from contacthub.web.views.lists.list_forms import VISIBILITY_CARDS, PartForm
from contacthub.web.views.lists.list_view import list_page_tabs
from contacthub.web.views.lists.reading import find_chosen, reader_of
from contacthub.web.views.settings.forms import add_refusal


@require_safe
@member()
def list_compare(request: HubRequest) -> HttpResponse:
    """Count every part of two or three lists of one kind; with fewer, ask for the others."""
    context = _describe(request)
    return render_page(
        request, "lists/compare.html", "lists/compare.html", context, status=context["status"]
    )


def _describe(request: HubRequest) -> dict[str, Any]:
    chosen = find_chosen(request, request.GET.getlist("list"))
    fault, comparison = "", None
    if len(chosen) > 1:
        try:
            comparison = compare_lists(lists=chosen)
        except Invalid as error:
            fault = str(error)
    others = queries.list_lists(reader=reader_of(request)).order_by("name_key", "pk")
    if chosen:
        others = others.filter(of_companies=chosen[0].of_companies)
    may_combine = request.membership.has_right(Right.SEARCH)
    return {
        "status": 422 if fault else 200,
        "fault": fault,
        "title": f"Compare {chosen[0].name}" if chosen else "Compare and combine",
        "tabs": list_page_tabs(chosen[0], "compare") if chosen else [],
        "chooser": describe_chooser(chosen, list(others[:500])),
        "comparison": describe_comparison(comparison, may_combine=may_combine)
        if comparison
        else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.SEARCH)
def list_combine(request: HubRequest) -> HttpResponse:
    """Name the new list that some parts become, and make it; stop where they have other members than were shown."""
    lists = find_chosen(request, request.GET.getlist("list"))
    comparison = compare_lists(lists=lists[: MOST + 1])
    masks = _read_masks(request, comparison)
    words = name_parts(comparison, masks, in_full=True)
    counted = comparison.count(masks)
    if request.method != "POST":
        form = PartForm(initial={"shown": counted, "name": words[:200]})
        return _render_part(request, lists, form, words, counted)
    form = PartForm(request.POST)
    if not form.is_valid():
        return _render_part(request, lists, form, words, counted)
    try:
        made = _combine(request, lists, masks, words, form)
    except CountChanged as error:
        messages.error(request, str(error), extra_tags="bad")
        return redirect(compare_address(lists))
    except (Invalid, Conflict) as error:
        add_refusal(form, error)
        return _render_part(request, lists, form, words, counted)
    return redirect("list-detail", list_id=made.public_id)


def _read_masks(request: HubRequest, comparison: Comparison) -> tuple[int, ...]:
    """Return the parts that an address names. Raises `Invalid` for what is none."""
    texts = request.GET.get("parts", "").split(",")
    masks = [parse_whole(text, most_digits=1) for text in texts]
    found = tuple(mask for mask in comparison.masks if mask in masks)
    if not found or len(found) != len(texts):
        raise Invalid("There is no such part of these lists.", field="parts")
    return found


def _combine(
    request: HubRequest, lists: list[List], masks: tuple[int, ...], words: str, form: PartForm
) -> List:
    sent = form.cleaned_data
    made, entry = combine_lists(
        lists=lists,
        actor=actor_of(request),
        masks=masks,
        shown=sent["shown"],
        words=words,
        name=sent["name"],
        description=sent["description"],
        is_shared=form.is_shared,
    )
    if entry.item_count:
        messages.success(request, f"A new list with {entry.item_count:,} members.", extra_tags="ok")
    return made


def _render_part(
    request: HubRequest, lists: list[List], form: PartForm, words: str, counted: int
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "words": words,
        "counted": counted,
        "action": request.get_full_path(),
        "back": compare_address(lists),
        "visibilities": list_choices(form["visibility"], VISIBILITY_CARDS),
    }
    if not request.htmx:
        context = _describe(request) | context
    status = 422 if form.is_bound else 200
    return render_page(request, "lists/combine.html", "lists/_combine.html", context, status=status)
