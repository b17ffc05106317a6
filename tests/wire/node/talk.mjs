// The official openai client for Node holds its conversations through a gateway; what it has seen goes to standard
// output as JSON, for test_openai_node.py to judge.  Usage: node talk.mjs http://127.0.0.1:4000/v1
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const client = new OpenAI({ apiKey: "k", baseURL: process.argv[2], maxRetries: 0, timeout: 20_000 });
const FLASH = "gemini-2.5-flash";
// Insists on the signatures of the current turn.
const PRO = "gemini-3-pro-preview";
const HELLO = [{ role: "user", content: "Grüß Gott" }];
const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

async function gathered(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function failure(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    const { status, code, type, param, message } = error;
    return { kind: error.constructor.name, status, code, type, param, message };
  }
}

/** Hold a turn with tools, step by step; `ask` gives the message of each. */
async function turn(messages, ask) {
  const steps = [];
  for (;;) {
    const message = await ask(messages);
    messages.push(message);
    if (!message.tool_calls?.length) return { steps, text: message.content };
    steps.push(message.tool_calls.map((call) => JSON.parse(call.function.arguments)));
    for (const call of message.tool_calls) {
      const content = `sunny in ${JSON.parse(call.function.arguments).city}`;
      messages.push({ role: "tool", tool_call_id: call.id, content });
    }
  }
}

async function twoTurns(ask) {
  const messages = [{ role: "user", content: "What is the weather in Vienna and Graz?" }];
  const first = await turn(messages, ask);
  messages.push({ role: "user", content: "And what is the weather in Linz?" });
  return [first, await turn(messages, ask)];
}

const scenes = {
  async whole() {
    return client.chat.completions.create({ model: FLASH, messages: HELLO, reasoning_effort: "low" });
  },

  async stream() {
    const asked = { model: FLASH, messages: HELLO, stream: true, stream_options: { include_usage: true } };
    return gathered(await client.chat.completions.create({ ...asked, reasoning_effort: "low" }));
  },

  async helper() {
    const texts = [];
    const stream = client.chat.completions.stream({ model: PRO, messages: HELLO });
    stream.on("content", (delta) => texts.push(delta));
    return { completion: await stream.finalChatCompletion(), text: texts.join("") };
  },

  async tools() {
    return twoTurns(async (messages) => {
      const done = await client.chat.completions.create({ model: PRO, messages, tools: [WEATHER] });
      return done.choices[0].message;
    });
  },

  async streamedTools() {
    return twoTurns(async (messages) => {
      const stream = client.chat.completions.stream({ model: PRO, messages, tools: [WEATHER] });
      return (await stream.finalChatCompletion()).choices[0].message;
    });
  },

  async runTools() {
    const seen = [];
    const get_weather = ({ city }) => {
      seen.push(city);
      return `sunny in ${city}`;
    };
    const tool = { ...WEATHER, function: { ...WEATHER.function, function: get_weather, parse: JSON.parse } };
    const messages = [{ role: "user", content: "What is the weather in Vienna and Graz?" }];
    const texts = [];
    for (const stream of [false, true]) {
      const runner = client.chat.completions.runTools({ model: PRO, messages, tools: [tool], stream });
      texts.push(await runner.finalContent());
    }
    return { seen, texts };
  },

  async parse() {
    const Solution = z.object({ steps: z.array(z.object({ explanation: z.string() })), answer: z.string() });
    const done = await client.chat.completions.parse({
      model: PRO,
      messages: [{ role: "user", content: "Solve 8x + 31 = 2" }],
      response_format: zodResponseFormat(Solution, "solution"),
    });
    return done.choices[0].message.parsed;
  },

  async models() {
    const names = [];
    for await (const model of client.models.list()) names.push(model.id);
    return { names, one: await client.models.retrieve(FLASH) };
  },

  async errors() {
    const ask = (content, more = {}) =>
      client.chat.completions.create({ model: FLASH, messages: [{ role: "user", content }], ...more });
    const cut = async (content) => gathered(await ask(content, { stream: true }));
    return {
      model: await failure(ask("Hi", { model: "gemini-77-none" })),
      param: await failure(ask("Hi", { model: PRO, n: 2 })),
      quota: await failure(ask("Hi [[quota]]")),
      down: await failure(ask("Hi [[error UNAVAILABLE]]")),
      inside: await failure(cut("Hi [[fail 2]]")),
      cut: await failure(cut("Hi [[cut 2]]")),
    };
  },

  async headers() {
    const asked = { model: FLASH, messages: HELLO, logit_bias: { 1734: -100 } };
    const { response, request_id } = await client.chat.completions.create(asked).withResponse();
    return { losses: response.headers.get("x-isogloss-losses"), request_id };
  },
};

const told = {};
for (const [name, scene] of Object.entries(scenes)) {
  try {
    told[name] = { done: (await scene()) ?? null };
  } catch (error) {
    told[name] = { failed: String(error?.stack ?? error) };
  }
}
console.log(JSON.stringify(told));
