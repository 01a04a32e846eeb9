// A real OpenID Connect provider for tests: oidc-provider (panva), which is certified. It prints its address, and lets in
// whom the form names; a person whose name ends in "-two" is said to have shown two factors.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [client, secret, back, home] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: client, client_secret: secret, redirect_uris: [back], post_logout_redirect_uris: [home], response_types: ["code"], grant_types: ["authorization_code"] }],
    pkce: { required: () => true },
    acrValues: ["urn:test:two"],
    claims: { openid: ["sub"], acr: null, auth_time: null },
    cookies: { keys: ["only for tests"] },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    loadExistingGrant: async (ctx) => {
      const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on("request", async (req, res) => {
    if (!req.url.startsWith("/interaction/")) return answer(req, res);
    if (req.method === "GET") {
      res.setHeader("Content-Type", "text/html; charset=utf-8");
      return res.end(`<!doctype html><html lang="en"><title>Provider</title><h1>Provider</h1><form method="post"><label>Who <input name="who" autofocus></label><button name="do" value="in">In</button><button name="do" value="no">No</button></form></html>`);
    }
    let body = "";
    for await (const part of req) body += part;
    const form = new URLSearchParams(body), who = form.get("who");
    const result = form.get("do") === "no" ? { error: "access_denied" } : { login: { accountId: who, acr: who.endsWith("-two") ? "urn:test:two" : undefined } };
    await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
  });
  console.log(issuer);
});
