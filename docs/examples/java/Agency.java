import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.*;

/**
 * An agency's system, whole: reads its inbox, accepts, asks, reports progress, resolves.
 *
 * <p>Needs org.apache.kafka:kafka-clients and com.fasterxml.jackson.core:jackson-databind, Java 17.
 * KAFKA_BOOTSTRAP=127.0.0.1:9092 AGENCY=sdabmbk STATE=agency.json java Agency
 *
 * <p>What it does at once, people do in yours. What must stay: every message is acted on once,
 * nothing older than what was read is acted on, and the id of a command says which command it is.
 */
public final class Agency {
  private static final String PREFIX = "id.go.medan.";
  private static final ObjectMapper JSON = new ObjectMapper();
  private final String code = System.getenv("AGENCY");
  private final Path file = Path.of(System.getenv("STATE"));

  /** ce_id → true; complaint id → {version, words, unclear}. Yours is a database. */
  private final ObjectNode state;

  private record Command(String what, String field, String words) {}

  private Agency() throws Exception {
    state = Files.exists(file) ? (ObjectNode) JSON.readTree(file.toFile()) : JSON.createObjectNode();
  }

  /** What one new message makes us do, or null. */
  private Command react(String type, JsonNode body, ObjectNode kept) {
    switch (type) {
      case "case.handed-over":
        // every part of a place may be absent: of a confidential case, all but the kelurahan
        boolean confidential = body.at("/case/confidential").asBoolean();
        kept.put("unclear", body.at("/place/address").isMissingNode() && !confidential);
        kept.put("words", body.path("text").asText());
        return new Command("accept", "note", "Laporan kami terima.");
      case "command.done":
        String done = body.path("command_type").asText();
        if (done.equals(PREFIX + "case.accept.v1")) {
          return kept.path("unclear").asBoolean()
              ? new Command("ask", "question", "Di sebelah mana tepatnya? Mohon patokannya.")
              : new Command("progress", "note", "Petugas menuju lokasi.");
        }
        return done.equals(PREFIX + "case.progress.v1")
            ? new Command("resolve", "note", "Pekerjaan selesai. Terima kasih.")
            : null;
      case "case.answered", "case.resumed", "case.reopened":
        return new Command("progress", "note", "Petugas melanjutkan pekerjaan.");
      case "case.taken-away", "case.withdrawn", "case.confirmed", "case.blanked":
        kept.remove("words"); // delete the words that we hold
        return null;
      case "command.refused":
        System.out.println("refused: " + body.path("rule") + body.path("mend")); // for a person
        return null;
      default:
        return null; // a type that we don't know is no error: it is new
    }
  }

  /** The id is made of what the command is: sent twice, it is one. */
  private ProducerRecord<String, byte[]> record(Command command, String complaint, long version)
      throws Exception {
    String type = PREFIX + "case." + command.what() + ".v1";
    String name = code + "/" + complaint + "/" + version + "/" + type;
    ObjectNode body = JSON.createObjectNode();
    body.put("complaint_id", complaint).put("case_version", version);
    body.put(command.field(), command.words());
    var record = new ProducerRecord<>(
        "agency." + code + ".outbox.v1", complaint, JSON.writeValueAsBytes(body));
    Map.of(
            "ce_specversion", "1.0",
            "ce_id", UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString(),
            "ce_type", type,
            "ce_source", "/medan/agencies/" + code,
            "ce_time", Instant.now().toString(),
            "ce_subject", complaint,
            "content-type", "application/json")
        .forEach((key, text) -> record.headers().add(key, text.getBytes(StandardCharsets.UTF_8)));
    return record;
  }

  /** One message: the command that follows from it, or null. Save the state once it is sent. */
  private ProducerRecord<String, byte[]> handle(ConsumerRecord<String, byte[]> message)
      throws Exception {
    Headers headers = message.headers();
    String id = text(headers, "ce_id");
    String complaint = text(headers, "ce_subject");
    long version = Long.parseLong(text(headers, "ce_sequence"));
    ObjectNode seen = state.withObject("/seen");
    ObjectNode cases = state.withObject("/cases");
    ObjectNode kept = cases.has(complaint)
        ? (ObjectNode) cases.get(complaint) : cases.putObject(complaint);
    if (seen.has(id) || version <= kept.path("version").asLong()) {
      return null; // read before, or newer was
    }
    seen.put(id, true);
    kept.put("version", version);
    String type = text(headers, "ce_type").replaceFirst("^id\\.go\\.medan\\.", "");
    Command found = react(type.replaceFirst("\\.v1$", ""), JSON.readTree(message.value()), kept);
    return found == null ? null : record(found, complaint, version);
  }

  private static String text(Headers headers, String name) {
    return new String(headers.lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private void save() throws Exception {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.write(fresh, JSON.writeValueAsBytes(state));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE); // whole or not at all
  }

  private void run(String bootstrap) throws Exception {
    Map<String, Object> reading = Map.of(
        "bootstrap.servers", bootstrap, "group.id", "agency-" + code,
        "auto.offset.reset", "earliest", "enable.auto.commit", "false");
    Map<String, Object> writing = Map.of(
        "bootstrap.servers", bootstrap, "acks", "all", "enable.idempotence", "true");
    try (var consumer =
            new KafkaConsumer<>(reading, new StringDeserializer(), new ByteArrayDeserializer());
        var producer =
            new KafkaProducer<>(writing, new StringSerializer(), new ByteArraySerializer())) {
      consumer.subscribe(List.of("agency." + code + ".inbox.v1"));
      while (true) {
        for (var message : consumer.poll(Duration.ofMillis(500))) {
          var answer = handle(message);
          if (answer != null) {
            producer.send(answer).get(); // 1. the command is safe at the broker
          }
          save(); // 2. what we did is kept
        }
        consumer.commitSync(); // 3. and the messages are done: after a crash they come again
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    new Agency().run(System.getenv("KAFKA_BOOTSTRAP"));
  }
}
