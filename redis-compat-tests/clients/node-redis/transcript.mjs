// A transcript on standard output, one JSON object a line. Buffers, maps and sets become plain JSON.

export function plain(value) {
  if (Buffer.isBuffer(value)) return value.toString("latin1");
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Set) return [...value].map(plain).sort();
  if (value instanceof Map) return plain(Object.fromEntries([...value].map(([k, v]) => [String(plain(k)), v])));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, plain(value[key])]));
  }
  return value === undefined ? null : value;
}

export function say(step, reply) {
  console.log(JSON.stringify({ step, reply: plain(reply) }));
}

/** Prints what `call` resolves to, or its error: an error is a reply like any other. */
export async function attempt(step, call) {
  try {
    say(step, await call());
  } catch (error) {
    say(step, error);
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
