/* The little that pages need beyond htmx: menus, drawers, copying, toasts, polling that rests with the tab. */
(function () {
  "use strict";

  function toast(text, link) {
    var box = document.getElementById("toasts");
    if (!box || !text) return;
    var item = document.createElement("div");
    item.className = "ch-toast";
    var words = document.createElement("span");
    words.textContent = text;
    item.appendChild(words);
    if (link) {
      var anchor = document.createElement("a");
      anchor.href = link; anchor.textContent = "Open";
      item.appendChild(anchor);
    }
    box.appendChild(item);
    var left = 6000, started, timer;
    function go() { started = Date.now(); timer = setTimeout(function () { item.remove(); }, left); }
    function rest() { clearTimeout(timer); left -= Date.now() - started; }
    ["mouseenter", "focusin"].forEach(function (name) { item.addEventListener(name, rest); });
    ["mouseleave", "focusout"].forEach(function (name) { item.addEventListener(name, go); });
    go();
  }

  /* Menus are <details>: one open at a time; Escape and a click elsewhere close it. */
  function closeMenus(except) {
    document.querySelectorAll("details.ch-menu[open]").forEach(function (menu) {
      if (menu !== except && !menu.contains(except)) menu.open = false;
    });
  }
  document.addEventListener("click", function (event) {
    closeMenus(event.target.closest && event.target.closest("details.ch-menu"));
    var copy = event.target.closest && event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(copy.dataset.copy).then(function () { toast("Copied"); }, function () { toast("Copying was refused by the browser"); });
    }
    var opener = event.target.closest && event.target.closest("[data-open]");
    if (opener) { var target = document.getElementById(opener.dataset.open); if (target) target.showModal(); }
    var closer = event.target.closest && event.target.closest("[data-close]");
    if (closer) { var dialog = closer.closest("dialog"); if (dialog) { event.preventDefault(); closeDialog(dialog); } }
    var mover = event.target.closest && event.target.closest("[data-move]");
    if (mover) { moveItem(mover.closest("li"), mover.dataset.move, mover); }
  });
  document.addEventListener("change", function (event) {
    var columns = event.target.closest && event.target.closest(".ch-columns");
    if (columns) columns.querySelector("[data-chosen-count]").textContent = columns.querySelectorAll("input:checked").length;
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      /* What is open inside a drawer closes alone: the drawer, with what was typed in it, stays. */
      var open = document.querySelector("dialog:modal details.ch-columns[open], details.ch-menu[open]");
      if (open) { event.preventDefault(); open.open = false; open.querySelector("summary").focus(); }
    }
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if ((event.key === "/" && !typing) || (event.key === "k" && (event.metaKey || event.ctrlKey))) {
      var find = document.getElementById("find");
      if (find) { event.preventDefault(); find.focus(); }
    }
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      var item = event.target.closest && event.target.closest("li[data-item]");
      if (item) { event.preventDefault(); moveItem(item, event.key === "ArrowUp" ? "up" : "down", event.target); }
    }
  });
  function moveItem(item, where, focus) {
    var other = where === "up" ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    item.parentNode.insertBefore(where === "up" ? item : other, where === "up" ? other : item);
    focus.focus();
    item.parentNode.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* Drawers are <dialog data-modal>: the browser traps the focus; closing one with data-back goes back to its page. */
  function openDialogs() {
    document.querySelectorAll("dialog[data-modal]").forEach(function (dialog) {
      if (dialog.matches(":modal")) return;
      dialog.close();
      dialog.showModal();
      dialog.addEventListener("cancel", function (event) { event.preventDefault(); closeDialog(dialog); });
      dialog.addEventListener("click", function (event) { if (event.target === dialog) closeDialog(dialog); });
    });
  }
  function closeDialog(dialog) {
    dialog.close();
    if (!dialog.dataset.back) return;
    dialog.dispatchEvent(new Event("dialog:leave", { bubbles: true }));
    if (dialog.closest("#drawer") && document.body.dataset.drawer === "htmx") {
      document.body.dataset.drawer = "";
      dialog.remove();
      history.back();
    } else {
      location.assign(dialog.dataset.back);
    }
  }

  /* Times of a visit while the tab is hidden are nobody's: polling rests until it is shown again. */
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (document.hidden && event.detail.elt.hasAttribute("data-poll")) event.preventDefault();
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target && event.detail.target.id === "drawer") document.body.dataset.drawer = "htmx";
    openDialogs();
    fillFileNames();
  });
  /* A note below a field came anew: the field itself stays, with the cursor in it, and is marked as the note says. */
  document.addEventListener("htmx:afterSettle", function () {
    document.querySelectorAll("[data-note]").forEach(function (note) {
      var field = document.getElementById(note.dataset.note);
      if (!field) return;
      field.setAttribute("aria-describedby", note.id);
      if (note.hasAttribute("data-invalid")) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    });
  });
  document.addEventListener("htmx:responseError", function (event) {
    var said = event.detail.xhr.getResponseHeader("X-Error");
    toast(said ? decodeURIComponent(said) : "That did not work (" + event.detail.xhr.status + ").");
  });
  document.addEventListener("htmx:sendError", function () { toast("ContactHub did not answer. Nothing was changed; try again."); });
  document.addEventListener("toast", function (event) { toast(event.detail.text, event.detail.link); });

  /* A form that spends is sent once: its button shows that it is at work. */
  document.addEventListener("submit", function (event) {
    var button = event.submitter;
    if (!button || event.defaultPrevented) return;
    if (button.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    button.setAttribute("aria-busy", "true");
    setTimeout(function () { button.removeAttribute("aria-busy"); }, 8000);
  });
  addEventListener("pageshow", function () {
    document.querySelectorAll("[aria-busy=true]").forEach(function (button) { button.removeAttribute("aria-busy"); });
  });

  /* A chosen file's name stands in its drop area; files can be dropped there. */
  function fillFileNames() {
    document.querySelectorAll(".ch-drop input[type=file]").forEach(function (input) {
      if (input.dataset.ready) return;
      input.dataset.ready = "1";
      var area = input.closest(".ch-drop"), name = area.querySelector("[data-file-name]");
      function show() { if (name && input.files.length) name.textContent = input.files[0].name; }
      input.addEventListener("change", show);
      ["dragover", "dragleave", "drop"].forEach(function (kind) {
        area.addEventListener(kind, function (event) {
          event.preventDefault();
          area.classList.toggle("is-over", kind === "dragover");
          if (kind === "drop" && event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); input.dispatchEvent(new Event("change", { bubbles: true })); }
        });
      });
    });
  }

  /* Back and forward while a page still loads change the address before htmx listens: what is shown would be another's. */
  function isAnothers() {
    var loaded = performance.getEntriesByType("navigation")[0];
    return loaded && loaded.name.split("#")[0] !== location.href.split("#")[0];
  }
  /* What was typed or ticked before htmx listened is a change all the same: the numbers beside it would be another's. */
  function tellEarlyChanges() {
    document.querySelectorAll("form[hx-trigger] input:not([type=hidden]), form[hx-trigger] textarea").forEach(function (control) {
      if (control.value === control.defaultValue && control.checked === control.defaultChecked) return;
      ["input", "change"].forEach(function (kind) { control.dispatchEvent(new Event(kind, { bubbles: true })); });
    });
  }
  addEventListener("DOMContentLoaded", function () {
    if (isAnothers()) { location.reload(); return; }
    openDialogs();
    fillFileNames();
    tellEarlyChanges();
  });
})();
