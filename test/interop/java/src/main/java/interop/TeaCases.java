package interop;

import static interop.Harness.codeOf;
import static interop.Harness.equal;
import static interop.Harness.hostOf;
import static interop.Harness.register;
import static interop.Harness.stage;
import static interop.Harness.versionOf;

import com.aliyun.credentials.models.CredentialModel;
import com.aliyun.sts20150401.Client;
import com.aliyun.sts20150401.models.AssumeRoleRequest;
import com.aliyun.sts20150401.models.AssumeRoleResponseBody.AssumeRoleResponseBodyCredentials;
import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.models.Config;

/** The Tea SDK of STS, and the credentials library that many other programs rest on. */
final class TeaCases {
  /** What people write: line breaks and blanks, a plus sign, and characters that every language encodes otherwise. */
  static final String POLICY =
      "{\n    \"Version\": \"1\",\n    \"Statement\": [\n        { \"Effect\": \"Allow\", \"Action\": [\"oss:GetObject\"],"
          + "\n          \"Resource\": [\"acs:oss:*:*:examplebucket/a+b ~é*/*\"] }\n    ]\n}";

  private TeaCases() {}

  static void register() {
    String sts = "sts20150401 (Java) " + versionOf(Client.class);
    Harness.register(
        sts,
        "AssumeRole, and who that is",
        () -> {
          AssumeRoleResponseBodyCredentials keys = assume(caller(), "a.b@c-d_e", null);
          Client session = client(keys.accessKeyId, keys.accessKeySecret, keys.securityToken);
          equal(session.getCallerIdentity().body.arn, stage("roleArn") + "/a.b@c-d_e");
        });
    Harness.register(
        sts,
        "AssumeRole with a policy of blanks, line breaks and plus signs",
        () -> {
          equal(assume(caller(), "alice", POLICY).accessKeyId.substring(0, 4), "STS.");
          equal(codeOf(() -> assume(caller(), "a+b c", null), TeaCases::code), "InvalidParameter.RoleSessionName");
        });
    Harness.register(
        sts,
        "the usual errors have their codes",
        () -> {
          Client wrong = client(stage("callerId"), "wrong", null);
          Client nobody = client("LTAInobody", stage("callerSecret"), null);
          equal(codeOf(() -> assume(wrong, "alice", null), TeaCases::code), "SignatureDoesNotMatch");
          equal(codeOf(() -> assume(nobody, "alice", null), TeaCases::code), "InvalidAccessKeyId.NotFound");
          equal(codeOf(() -> assume(caller(), "alice", "{ }"), TeaCases::code), "InvalidParameter.PolicyGrammar");
        });
    Harness.register(
        "credentials-java " + versionOf(com.aliyun.credentials.Client.class),
        "credentials_uri: through valet sidecar",
        () -> {
          com.aliyun.credentials.models.Config config = new com.aliyun.credentials.models.Config();
          config.setType("credentials_uri").setCredentialsUri(stage("credentialsUri"));
          CredentialModel keys = new com.aliyun.credentials.Client(config).getCredential();
          Client session = client(keys.getAccessKeyId(), keys.getAccessKeySecret(), keys.getSecurityToken());
          equal(session.getCallerIdentity().body.identityType, "AssumedRoleUser");
          equal(new com.aliyun.credentials.Client(config).getCredential().getAccessKeyId(), keys.getAccessKeyId());
        });
  }

  private static Client caller() throws Exception {
    return client(stage("callerId"), stage("callerSecret"), null);
  }

  private static Client client(String id, String secret, String token) throws Exception {
    return new Client(
        new Config()
            .setAccessKeyId(id)
            .setAccessKeySecret(secret)
            .setSecurityToken(token)
            .setEndpoint(hostOf("sts"))
            .setProtocol("http"));
  }

  private static AssumeRoleResponseBodyCredentials assume(Client client, String name, String policy) throws Exception {
    AssumeRoleRequest request =
        new AssumeRoleRequest().setRoleArn(stage("roleArn")).setRoleSessionName(name).setPolicy(policy);
    return client.assumeRole(request).body.credentials;
  }

  private static String code(Exception refused) {
    return refused instanceof TeaException ? ((TeaException) refused).getCode() : refused.toString();
  }
}
