// What others' scanners say about a site on this machine: Mozilla's Observatory, with its own tests and
// scores, and Google's CSP Evaluator. `node scanners.mjs HOST HTTPS_PORT HTTP_PORT PATH...` prints JSON.
import dns from "node:dns";
import fs from "node:fs";
import evaluator from "csp_evaluator/dist/evaluator.js";
import parser from "csp_evaluator/dist/parser.js";

// The C library resolves no name below `.localhost`; browsers do.
const lookup = dns.lookup;
dns.lookup = (host, options, done) => lookup(host.endsWith(".localhost") ? "127.0.0.1" : host, options, done);

// The Observatory fetches the list of names that browsers preload; no name of a test is on it.
const read = fs.readFileSync;
fs.readFileSync = (path, ...how) => (String(path).endsWith("hsts-preload.json") ? "{}" : read(path, ...how));

const observatory = "../../node_modules/@mdn/mdn-http-observatory/src";
const { ALL_TESTS } = await import(`${observatory}/constants.js`);
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await import(`${observatory}/grader/charts.js`);
const { getGradeForScore, getScoreModifier } = await import(`${observatory}/grader/grader.js`);
const { retrieve } = await import(`${observatory}/retriever/retriever.js`);

// As the package's own `scan`, which takes no ports.
async function graded(host, httpsPort, httpPort, path) {
  const seen = await retrieve(host, { httpsPort, httpPort, path });
  if (!seen.responses.auto || !seen.responses.http) throw new Error(`no answer at ${path}`);
  const results = ALL_TESTS.map((test) => test(seen));
  const modifiers = results.map((one) => getScoreModifier(one.result));
  const without = modifiers.filter((one) => one < 0).reduce((sum, one) => sum + one, 100);
  const all = modifiers.reduce((sum, one) => sum + one, 100);
  const { grade, score } = getGradeForScore(without >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? all : without);
  const policy = seen.responses.auto.headers["content-security-policy"] ?? "";
  const findings = new evaluator.CspEvaluator(new parser.CspParser(policy).csp).evaluate();
  return {
    path,
    grade,
    score,
    failed: results.filter((one) => !one.pass).map((one) => one.result),
    policy: findings.map((one) => `${one.directive} ${one.value ?? ""}: ${one.description}`),
  };
}

const [host, httpsPort, httpPort, ...paths] = process.argv.slice(2);
const answers = [];
for (const path of paths) answers.push(await graded(host, Number(httpsPort), Number(httpPort), path));
console.log(JSON.stringify(answers));
