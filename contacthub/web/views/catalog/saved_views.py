"""What people do with saved views: save, save as, rename, share, delete, make the default."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.views.decorators.http import require_http_methods, require_POST

from contacthub.contacts import saved_views
from contacthub.contacts.models import SavedView
from contacthub.contacts.saved_views import LONGEST_NAME
from contacthub.core.errors import Invalid, NotFound
from contacthub.organizations.rights import Right
from contacthub.web.access import member, refuse
from contacthub.web.forms import list_choices
from contacthub.web.htmx import is_fragment, render_page
from contacthub.web.http import HubRequest, actor_of
from contacthub.web.scalars import UNSTORABLE
from contacthub.web.views.catalog.arrange import read_list_query
from contacthub.web.views.catalog.display import SAVED
from contacthub.web.views.catalog.filters import change
from contacthub.web.views.catalog.list_kinds import COMPANIES, CONTACTS, KINDS, ListKind
from contacthub.web.views.catalog.opened_view import read_state

WHO = (
    ("", "Only me", "No other member sees the view."),
    (
        "yes",
        "All members",
        "All members of the organization can open it; you and admins can change it.",
    ),
)


class ViewForm(forms.Form):
    """The name of a view, and who sees it."""

    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        error_messages={
            "required": "Enter a name.",
            "max_length": f"A name has at most {LONGEST_NAME} characters.",
        },
    )
    is_shared = forms.ChoiceField(
        label="Who sees it", choices=[each[:2] for each in WHO], required=False
    )

    def clean_name(self) -> str:
        """Return a name that can be stored."""
        name: str = self.cleaned_data["name"]
        if UNSTORABLE.search(name):
            raise forms.ValidationError("A name cannot contain this character.")
        return name


# --- A new one ------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.SEARCH)
def saved_view_new(request: HubRequest, kind: str) -> HttpResponse:
    """Save what the address of a list asks under a name. The address travels in the form."""
    if kind not in KINDS:
        raise NotFound("There is no such list.")
    shown = KINDS[kind]
    if request.method != "POST":
        return _render_new(request, shown, ViewForm(initial={"is_shared": ""}))
    request.GET = _list_query(request)  # type: ignore[assignment]
    form = ViewForm(request.POST)
    if not form.is_valid():
        return _render_new(request, shown, form, status=422)
    try:
        view = saved_views.create_view(
            organization=request.organization,
            actor=actor_of(request),
            of_companies=shown.of_companies,
            name=form.cleaned_data["name"],
            is_shared=bool(form.cleaned_data["is_shared"]),
            state=read_state(request, shown),
        )
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _render_new(request, shown, form, status=422)
    messages.success(request, f"Saved “{view.name}”.", extra_tags="ok")
    return _go(request, view)


def _render_new(
    request: HubRequest, kind: ListKind, form: ViewForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "who": list_choices(form["is_shared"], WHO),
        "kind": kind,
        "kept": [(name, value) for name, values in request.GET.lists() for value in values],
        "back": change(request.GET, kind.path, {}),
    }
    return render_page(
        request,
        "saved_views/new.html",
        "saved_views/_new.html",
        context,
        status=status,
        is_personal=True,
    )


# --- One ------------------------------------------------------------------------------------------


@require_POST
@member(Right.SEARCH)
def saved_view_save(request: HubRequest, view_id: int) -> HttpResponse:
    """Save into a view what the address of its list asks now."""
    view = _get_changeable(request, view_id)
    request.GET = _list_query(request)  # type: ignore[assignment]
    state = read_state(request, _kind_of(view))
    saved_views.save_view(view=view, actor=actor_of(request), state=state)
    messages.success(request, f"Saved “{view.name}”.", extra_tags="ok")
    return _go(request, view)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.SEARCH)
def saved_view_edit(request: HubRequest, view_id: int) -> HttpResponse:
    """Rename a view, share it or make it private."""
    view = _get_changeable(request, view_id)
    if request.method != "POST":
        first = {"name": view.name, "is_shared": "yes" if view.is_shared else ""}
        return _render(request, view, "edit", form=ViewForm(initial=first))
    form = ViewForm(request.POST)
    if not form.is_valid():
        return _render(request, view, "edit", status=422, form=form)
    try:
        saved_views.change_view(
            view=view,
            actor=actor_of(request),
            name=form.cleaned_data["name"],
            is_shared=bool(form.cleaned_data["is_shared"]),
        )
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _render(request, view, "edit", status=422, form=form)
    messages.success(request, f"Saved “{view.name}”.", extra_tags="ok")
    return _go(request, view)


@require_http_methods(["GET", "HEAD", "POST"])
@member(Right.SEARCH)
def saved_view_delete(request: HubRequest, view_id: int) -> HttpResponse:
    """Ask whether a view shall be deleted, and delete it."""
    view = _get_changeable(request, view_id)
    if request.method != "POST":
        return _render(request, view, "delete")
    address = _kind_of(view).path
    saved_views.delete_view(view=view, actor=actor_of(request))
    messages.success(request, f"Deleted “{view.name}”.", extra_tags="ok")
    return _go_to(request, address)


@require_POST
@member(Right.MANAGE)
def saved_view_default(request: HubRequest, view_id: int) -> HttpResponse:
    """Make a shared view what the organization sees first, or end that."""
    view = saved_views.get_view(
        organization=request.organization, user=request.user, view_id=view_id
    )
    try:
        saved_views.set_default(
            view=view,
            actor=actor_of(request),
            is_default=request.POST.get("is_default") == "yes",
        )
    except Invalid as error:
        messages.error(request, str(error), extra_tags="bad")
        return _go(request, view)
    words = "is now the default" if view.is_default else "is no longer the default"
    messages.success(request, f"“{view.name}” {words}.", extra_tags="ok")
    return _go(request, view)


# --- Parts ----------------------------------------------------------------------------------------


def _get_changeable(request: HubRequest, view_id: int) -> SavedView:
    """Return a view that the person may change. Raises `NotFound`, or refuses one that they may only open."""
    view = saved_views.get_view(
        organization=request.organization, user=request.user, view_id=view_id
    )
    if not saved_views.may_change(view=view, membership=request.membership):
        refuse(request, Right.MANAGE)
    return view


def _list_query(request: HubRequest) -> QueryDict:
    """Return the address of the list that a form keeps, without the form's own fields."""
    query = read_list_query(request)
    for name in ("name", "is_shared"):
        query.pop(name, None)
    return query


def _kind_of(view: SavedView) -> ListKind:
    return COMPANIES if view.of_companies else CONTACTS


def _render(
    request: HubRequest, view: SavedView, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    kind = _kind_of(view)
    if "form" in context:
        context["who"] = list_choices(context["form"]["is_shared"], WHO)
    context |= {
        "view": view,
        "kind": kind,
        "back": f"{kind.path}?{SAVED}={view.pk}",
    }
    return render_page(
        request,
        f"saved_views/{name}.html",
        f"saved_views/_{name}.html",
        context,
        status=status,
    )


def _go(request: HubRequest, view: SavedView) -> HttpResponse:
    return _go_to(request, f"{_kind_of(view).path}?{SAVED}={view.pk}")


def _go_to(request: HubRequest, address: str) -> HttpResponse:
    """Go to a list as a whole page: a dialog over it sends its form by htmx, so that errors stay in it."""
    if is_fragment(request):
        return HttpResponse(headers={"HX-Redirect": address})
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
