/* Where the keyboard is when a part of the page was replaced or a dialog was closed: never nowhere. */
(function () {
  "use strict";

  /* --- Controls before and after ---------------------------------------------------------------- */

  var FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']";

  function describe(control) {
    return {
      id: control.id,
      tag: control.tagName,
      href: control.getAttribute("href") || "",
      value: control.getAttribute("name") ? control.getAttribute("name") + "=" + control.value : "",
      label: control.getAttribute("aria-label") || control.textContent.trim().replace(/\s+/g, " ")
    };
  }
  function canHoldFocus(control) {
    return !control.disabled && control.getClientRects().length > 0 && getComputedStyle(control).visibility !== "hidden";
  }
  /* The same control in the new part: by its id, else by what only it has. One of several alike is none of them. */
  function find(wanted, place) {
    var byId = wanted.id && document.getElementById(wanted.id);
    if (byId) return canHoldFocus(byId) ? byId : null;
    var alike = Array.prototype.filter.call(place.querySelectorAll(wanted.tag), canHoldFocus).map(function (control) {
      return { control: control, words: describe(control) };
    });
    var found = null;
    ["href", "value", "label"].some(function (kind) {
      var same = alike.filter(function (each) { return wanted[kind] && each.words[kind] === wanted[kind]; });
      if (same.length === 1) found = same[0].control;
      return same.length === 1;
    });
    return found;
  }
  function root() { return document.querySelector("dialog:modal") || document; }

  /* --- The head of a list ----------------------------------------------------------------------- */

  /* Where reading begins. Of a list that was turned that is the line that says which rows these are, of any other part
     whatever comes first of such a line and a heading; without either, the first control. */
  function focusHead(part, isTurned) {
    var inside = function (selector) {
      return Array.prototype.filter.call(part.querySelectorAll(selector), canHoldFocus)[0];
    };
    var head = (isTurned && inside("[data-head]")) || inside("[data-head], h1, h2, h3") || inside(FOCUSABLE);
    head = head || document.getElementById("main");
    if (!head) return;
    if (!head.matches(FOCUSABLE)) head.tabIndex = -1;
    head.focus();
    /* The browser may keep the place of the rows that are gone: seen only once it has drawn the new ones. */
    if (isTurned) requestAnimationFrame(function () {
      if (document.activeElement === head) head.scrollIntoView({ block: "nearest" });
    });
  }

  /* --- A part is replaced ----------------------------------------------------------------------- */

  var pending = null;
  function isLost() { return !document.activeElement || document.activeElement === document.body; }

  document.addEventListener("htmx:beforeSwap", function (event) {
    var detail = event.detail, sender = detail.requestConfig && detail.requestConfig.elt;
    var cause = detail.requestConfig && detail.requestConfig.triggeringEvent;
    /* Some browsers give a link or a button that is clicked no focus. */
    var used = !isLost() ? document.activeElement : cause && cause.type === "click" ? sender : null;
    if (!used) return;
    var dialog = used.closest("dialog");
    pending = {
      control: (dialog && openers.get(dialog)) || describe(used),
      part: detail.target.id,
      isInside: detail.target.contains(used),
      turnsPage: Boolean(sender && cause && sender.closest(".ch-pager, .ch-sort"))
    };
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (!pending) return;
    var was = pending, part = document.getElementById(was.part) || event.target;
    pending = null;
    if (!part.isConnected) part = document;
    if (was.turnsPage) { focusHead(part, true); return; }
    if (!isLost()) return;
    var same = find(was.control, was.isInside ? part : root());
    if (same) same.focus({ preventScroll: true });
    else focusHead(part);
  });

  /* --- Dialogs of the page itself --------------------------------------------------------------- */

  var openers = new WeakMap();
  document.addEventListener("click", function (event) {
    var opener = event.target.closest && event.target.closest("[data-open]");
    var dialog = opener && document.getElementById(opener.dataset.open);
    if (dialog) openers.set(dialog, describe(opener));
  }, true);
  document.addEventListener("close", function (event) {
    var opener = openers.get(event.target), control = isLost() && opener && find(opener, document);
    if (control) control.focus();
  }, true);

  /* --- Dialogs with an address of their own ------------------------------------------------------ */

  /* The page behind is loaded when such a dialog closes or has saved; a link to its address opened it. */
  var KEY = "contacthub-closed-dialog", SOON = 15000;

  function remember(dialog) {
    var closed = { address: location.pathname + location.search, back: dialog.dataset.back || "", at: Date.now() };
    try { sessionStorage.setItem(KEY, JSON.stringify(closed)); } catch (error) { /* Storage is switched off. */ }
  }
  function recall() {
    try {
      var closed = JSON.parse(sessionStorage.getItem(KEY));
      sessionStorage.removeItem(KEY);
      return closed && Date.now() - closed.at < SOON ? closed : null;
    } catch (error) { return null; }
  }
  function findOpener(address) {
    var leads = function (attribute) {
      return function (each) { return each.getAttribute(attribute) === address && canHoldFocus(each); };
    };
    var place = root(), link = Array.prototype.filter.call(place.querySelectorAll("a[href]"), leads("href"))[0];
    var form = link ? null : Array.prototype.filter.call(place.querySelectorAll("form[action]"), leads("action"))[0];
    return link || (form && form.querySelector("select, button:not([disabled])"));
  }
  document.addEventListener("dialog:leave", function (event) { remember(event.target); });
  document.addEventListener("submit", function (event) {
    var dialog = event.target.closest("dialog[data-modal]");
    if (dialog && !event.defaultPrevented) remember(dialog);
  });
  addEventListener("DOMContentLoaded", function () {
    var closed = recall(), turned = recallTurn();
    if (closed && (closed.address !== location.pathname + location.search || root() === document)) {
      var opener = findOpener(closed.address);
      if (opener) opener.focus();
      else if (location.pathname === closed.back) focusHead(document.getElementById("main") || document);
    } else if (turned) focusTable(document.querySelector(".ch-pager[data-turns]"));
  });

  /* --- Pages of a list that are loaded whole ------------------------------------------------------ */

  var TURN = "contacthub-turned-page";
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest(".ch-pager[data-turns] a[href]:not([download])");
    try { if (link) sessionStorage.setItem(TURN, location.pathname); } catch (error) { /* Storage is switched off. */ }
  });
  /* The table that a pager turns: the one around it, else the last one in front of it. */
  function focusTable(pager) {
    if (!pager) return;
    var before = Array.prototype.filter.call(document.querySelectorAll(".ch-frame"), function (frame) {
      return frame.compareDocumentPosition(pager) & Node.DOCUMENT_POSITION_FOLLOWING;
    });
    var table = pager.closest(".ch-frame") || before[before.length - 1];
    if (!table) return;
    table.setAttribute("aria-describedby", "page-range");
    table.focus();
  }
  function recallTurn() {
    try {
      var path = sessionStorage.getItem(TURN);
      sessionStorage.removeItem(TURN);
      return path === location.pathname;
    } catch (error) { return false; }
  }
})();
