import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;

/** A transcript on standard output, one JSON object a line. */
final class Transcript {
  private Transcript() {}

  static void say(String step, Object reply) {
    System.out.println("{\"step\": " + quote(step) + ", \"reply\": " + json(reply) + "}");
  }

  /** Prints the reply, or the error: an error is a reply like any other. */
  static void attempt(String step, Callable<Object> call) {
    Object reply;
    try {
      reply = call.call();
    } catch (Exception error) {
      Throwable cause = error.getCause() != null && error.getMessage() == null ? error.getCause() : error;
      reply = cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
    say(step, reply);
  }

  static String json(Object value) {
    if (value == null || value instanceof Number || value instanceof Boolean) {
      return value instanceof Double number && (number.isInfinite() || number.isNaN()) ? quote(value.toString()) : String.valueOf(value);
    }
    if (value instanceof byte[] bytes) {
      return quote(new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1));
    }
    if (value instanceof Set<?> set) {
      TreeSet<String> sorted = new TreeSet<>();
      set.forEach(item -> sorted.add(json(item)));
      return "[" + String.join(", ", sorted) + "]";
    }
    if (value instanceof Map<?, ?> map) {
      TreeMap<String, String> sorted = new TreeMap<>();
      map.forEach((key, item) -> sorted.put(quote(String.valueOf(key)), json(item)));
      return "{" + String.join(", ", sorted.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue()).toList()) + "}";
    }
    if (value instanceof Collection<?> items) {
      List<String> parts = items.stream().map(Transcript::json).toList();
      return "[" + String.join(", ", parts) + "]";
    }
    return quote(value.toString());
  }

  static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}
