package interop;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What every case needs: the stage that the runner started, an App's way to credentials, and the lines that it reads. */
final class Harness {
  static final JsonObject STAGE = new Gson().fromJson(System.getenv("INTEROP_STAGE"), JsonObject.class);

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final List<Case> CASES = new ArrayList<>();

  private Harness() {}

  /** Something that may throw anything. */
  interface Action {
    void run() throws Exception;
  }

  /** Temporary credentials, as oss-valet answers them. */
  static final class Keys {
    final String id;
    final String secret;
    final String token;

    Keys(String id, String secret, String token) {
      this.id = id;
      this.secret = secret;
      this.token = token;
    }
  }

  private static final class Case {
    final String sdk;
    final String name;
    final Action action;

    Case(String sdk, String name, Action action) {
      this.sdk = sdk;
      this.name = name;
      this.action = action;
    }

    JsonObject line() {
      JsonObject line = new JsonObject();
      line.addProperty("sdk", sdk);
      line.addProperty("case", name);
      return line;
    }
  }

  /** Registers a case: an action that throws where something is wrong. */
  static void register(String sdk, String name, Action action) {
    CASES.add(new Case(sdk, name, action));
  }

  /** Names every case first, so that one that never ran is missed. Then runs them, one line each. */
  static void runCases() {
    List<JsonObject> expected = CASES.stream().map(Case::line).collect(Collectors.toList());
    System.out.println(new Gson().toJson(Map.of("expect", expected)));
    for (Case each : CASES) {
      JsonObject line = each.line();
      try {
        each.action.run();
        line.addProperty("ok", true);
      } catch (Throwable thrown) {
        line.addProperty("ok", false);
        line.addProperty("detail", thrown + " " + placeOf(thrown));
      }
      System.out.println(line);
    }
  }

  private static String placeOf(Throwable thrown) {
    return Arrays.stream(thrown.getStackTrace())
        .filter(frame -> frame.getClassName().startsWith("interop.") && !frame.getClassName().contains("Harness"))
        .findFirst()
        .map(frame -> "at " + frame.getFileName() + ":" + frame.getLineNumber())
        .orElse("");
  }

  static String stage(String name) {
    return STAGE.get(name).getAsString();
  }

  /** Host and port of one of the stage's services. */
  static String hostOf(String service) {
    return URI.create(stage(service)).getAuthority();
  }

  /** Asks oss-valet as an App does: it signs its user in, and sends the token. */
  static Keys vend() throws Exception {
    HttpRequest login =
        HttpRequest.newBuilder(URI.create(stage("login")))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("sub=alice"))
            .build();
    String token = object(send(login)).get("access_token").getAsString();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(stage("credentials"))).header("Authorization", "Bearer " + token).build();
    JsonObject vended = object(send(request));
    return new Keys(
        vended.get("AccessKeyId").getAsString(),
        vended.get("AccessKeySecret").getAsString(),
        vended.get("SecurityToken").getAsString());
  }

  /** The sandbox's clock goes on: what was vended expires. */
  static void letTimePass(int seconds) throws Exception {
    send(
        HttpRequest.newBuilder(URI.create(stage("control") + "/clock"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"advanceMs\": " + seconds * 1000L + "}"))
            .build());
  }

  static byte[] send(HttpRequest request) throws Exception {
    HttpResponse<byte[]> response = HTTP.send(request, BodyHandlers.ofByteArray());
    if (response.statusCode() >= 300) throw new AssertionError(response.statusCode() + " " + new String(response.body()));
    return response.body();
  }

  static void equal(Object got, Object wanted) {
    if (!Objects.deepEquals(got, wanted)) throw new AssertionError(got + " is not " + wanted);
  }

  /** The code that the client told apart. Throws where the call went through. */
  static String codeOf(Action call, Function<Exception, String> code) {
    try {
      call.run();
    } catch (Exception refused) {
      return code.apply(refused);
    }
    throw new AssertionError("expected a refusal");
  }

  /** A folder of alice's for one SDK. */
  static String folder(String sdk) {
    return "users/alice/" + sdk.replaceAll("[^A-Za-z0-9]", "-") + "/";
  }

  static byte[] randomBytes(int length) {
    byte[] bytes = new byte[length];
    new Random().nextBytes(bytes);
    return bytes;
  }

  /** The version of the archive that a class came from: name-1.2.3.jar. */
  static String versionOf(Class<?> type) {
    String path = type.getProtectionDomain().getCodeSource().getLocation().getPath();
    return path.replaceAll(".*-(\\d[^/]*)\\.jar$", "$1");
  }

  private static JsonObject object(byte[] body) {
    return new Gson().fromJson(new String(body), JsonObject.class);
  }
}
