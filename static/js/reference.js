/* Draws a protocol's OpenAPI document with Swagger UI, in the page's own light or dark. */
(function () {
  "use strict";
  var place = document.getElementById("reference");
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    var theme = document.documentElement.dataset.bsTheme;
    document.documentElement.classList.toggle("dark-mode", theme ? theme === "dark" : dark.matches);
  }
  follow();
  dark.addEventListener("change", follow);
  window.SwaggerUIBundle({
    domNode: place,
    url: place.dataset.document,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    persistAuthorization: false,
    validatorUrl: null
  });
})();
