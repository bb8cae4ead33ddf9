// A small lender in Node, without packages: it keeps loans in memory and pays out by a gateway.
// The mistake: a payout whose reply is lost is asked for again under another key (ONE_KEY=no).
"use strict";
const http = require("node:http");
const { randomUUID } = require("node:crypto");

const { HOST, PORT, GATEWAY_URL, ONE_KEY } = process.env;
const PATIENCE_MS = 400;
const TRIES = 3;
const loans = new Map();

async function payOnce(loan, key) {
  const reply = await fetch(`${GATEWAY_URL}/v1/payouts`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ amount: loan.amount_cents, metadata: { loan_id: loan.id } }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!reply.ok) throw new Error(`the gateway answers ${reply.status}`);
  return (await reply.json()).status;
}

async function pay(loan) {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const key = ONE_KEY === "yes" ? loan.id : randomUUID();
    try {
      loan.status = (await payOnce(loan, key)) === "paid" ? "active" : "declined";
      return;
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
    }
  }
  setTimeout(() => pay(loan), 1000); // it is still owed
}

function answer(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const server = http.createServer(async (request, response) => {
  if (request.url === "/health") return answer(response, 200, {});
  if (request.method === "GET") {
    const loan = loans.get(request.url.split("/").pop());
    return loan ? answer(response, 200, loan) : answer(response, 404, {});
  }
  let text = "";
  for await (const chunk of request) text += chunk;
  const loan = { id: randomUUID(), status: "approved", ...JSON.parse(text) };
  loans.set(loan.id, loan);
  pay(loan);
  return answer(response, 201, { id: loan.id, status: loan.status });
});
server.listen(Number(PORT), HOST);
