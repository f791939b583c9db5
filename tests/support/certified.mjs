// A certified OpenID Connect provider (npm's oidc-provider), with pages of its own where one says
// who one is: this provider believes whatever is typed. What it is told stands in one line of JSON.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

import { Provider } from "oidc-provider";

const told = JSON.parse(readFileSync(process.argv[2], "utf8"));
const people = new Map();

const provider = new Provider(told.issuer, {
  clients: [
    {
      client_id: told.client_id,
      client_secret: told.client_secret,
      redirect_uris: told.redirect_uris,
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  cookies: { keys: [told.client_secret] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: told.keys },
  pkce: { required: () => true },
  ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 600, IdToken: 300, Interaction: 600, Session: 3600 },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...people.get(sub) }) }),
});

const form = `<!doctype html><html lang="en"><title>Who are you?</title><h1>Who are you?</h1><form method="post">
<label>Name <input name="login"></label> <label>Address <input name="email"></label>
<label><input type="checkbox" name="verified" value="yes"> verified</label>
<button>Sign in</button> <button name="refuse" value="yes">Refuse</button></form></html>`;

async function interact(request, response) {
  if (request.method === "GET") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    return response.end(form);
  }
  let body = "";
  for await (const part of request) body += part;
  const typed = new URLSearchParams(body);
  if (typed.get("refuse")) {
    return provider.interactionFinished(request, response, { error: "access_denied" });
  }
  const accountId = typed.get("login");
  people.set(accountId, { email: typed.get("email"), email_verified: typed.get("verified") === "yes" });
  const grant = new provider.Grant({ accountId, clientId: told.client_id });
  grant.addOIDCScope("openid email");
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { login: { accountId }, consent });
}

const serve = provider.callback();
createServer({ key: readFileSync(told.key), cert: readFileSync(told.certificate) }, (request, response) => {
  if (!request.url.startsWith("/interaction/")) return serve(request, response);
  interact(request, response).catch(() => {
    response.statusCode = 400;
    response.end();
  });
}).listen(told.port, "127.0.0.1");
