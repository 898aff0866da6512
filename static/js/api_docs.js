// The API's addresses, drawn from their description. Who is signed in may try them as they are.

const box = document.getElementById("api");
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

function signed(request) {
  if (box.dataset.csrf && request.url.startsWith(location.origin)) {
    request.headers["X-CSRFToken"] = box.dataset.csrf;
  }
  return request;
}

// The reader's own organization in the place of the made-up one, so that what is tried is found.
function described(response) {
  if (response.url.endsWith(box.dataset.schema) && box.dataset.organization) {
    const own = `example: ${box.dataset.organization}`;
    response.text = response.text.replace(/example: acme$/gm, own);
    response.data = response.text;
  }
  return response;
}

window.SwaggerUIBundle({
  url: new URL(box.dataset.schema, location.href).href,
  domNode: box,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  syntaxHighlight: false, // a dozen answers of problems would take seconds to colour
  validatorUrl: null, // nothing leaves this site
  requestInterceptor: signed,
  responseInterceptor: described,
});
