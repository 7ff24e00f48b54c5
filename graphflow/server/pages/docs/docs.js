// Draws the interactive page of the API from the server's own document.
"use strict";

window.addEventListener("load", () => {
  window.ui = window.SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#docs",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
    displayRequestDuration: true,
    filter: true,
    validatorUrl: null,
    // The browser's cookie opens the API; a token that is typed in goes before it and is kept nowhere.
    persistAuthorization: false,
  });
});
