// What pages need beyond htmx.
import "./page.js";
import "./focus.js";
