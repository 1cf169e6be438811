// What pages need beyond htmx. Where two modules listen to the same event, the first one here is asked first.
import "./page/menus.js";
import "./page/copying.js";
import "./page/dialogs.js";
import "./page/ordering.js";
import "./page/chosen-columns.js";
import "./page/search-key.js";
import "./page/polling.js";
import "./page/field-notes.js";
import "./page/failures.js";
import "./page/sending.js";
import "./page/file-drops.js";
import "./page/early-visitors.js";
import "./page/newer-text.js";
import "./page/revealed-values.js";
import "./focus/replaced-parts.js";
import "./focus/page-dialogs.js";
import "./focus/return-to-opener.js";
