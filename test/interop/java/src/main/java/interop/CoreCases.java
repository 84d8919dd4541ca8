package interop;

import static interop.Harness.codeOf;
import static interop.Harness.equal;
import static interop.Harness.hostOf;
import static interop.Harness.stage;
import static interop.Harness.versionOf;

import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.IAcsClient;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.aliyuncs.ram.model.v20150501.CreateRoleRequest;
import com.aliyuncs.ram.model.v20150501.DeleteRoleRequest;
import com.aliyuncs.ram.model.v20150501.GetRoleRequest;
import com.aliyuncs.ram.model.v20150501.GetRoleResponse;
import com.aliyuncs.sts.model.v20150401.AssumeRoleRequest;
import com.aliyuncs.sts.model.v20150401.AssumeRoleResponse;

/** aliyun-java-sdk-core with its parts for STS and RAM: what the guide "Use temporary credentials" shows. */
final class CoreCases {
  private CoreCases() {}

  static void register() {
    String core = "aliyun-java-sdk-core " + versionOf(DefaultAcsClient.class);
    Harness.register(
        core,
        "AssumeRole with a policy of blanks, line breaks and plus signs",
        () -> {
          IAcsClient client = client("Sts", "sts", stage("callerId"), stage("callerSecret"));
          AssumeRoleResponse response = assume(client, "alice", TeaCases.POLICY);
          equal(response.getCredentials().getAccessKeyId().substring(0, 4), "STS.");
          equal(codeOf(() -> assume(client, "a+b c", null), CoreCases::code), "InvalidParameter.RoleSessionName");
        });
    Harness.register(
        core,
        "the usual errors have their codes",
        () -> {
          IAcsClient wrong = client("Sts", "sts", stage("callerId"), "wrong");
          IAcsClient nobody = client("Sts", "sts", "LTAInobody", stage("callerSecret"));
          equal(codeOf(() -> assume(nobody, "alice", null), CoreCases::code), "InvalidAccessKeyId.NotFound");
          // The SDK compares the string to sign in the answer with its own: where they are the same, the secret is wrong.
          equal(codeOf(() -> assume(wrong, "alice", null), CoreCases::code), "SDK.InvalidAccessKeySecret");
        });
    Harness.register(core, "a role with an indented trust policy, seen, and deleted again", CoreCases::roles);
  }

  private static void roles() throws Exception {
    IAcsClient client = client("Ram", "ram", stage("adminId"), stage("adminSecret"));
    String name = "interop-java";
    String trust =
        "{\n  \"Version\": \"1\",\n  \"Statement\": [\n    { \"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\",\n"
            + "      \"Principal\": { \"RAM\": [\"acs:ram::"
            + stage("accountId")
            + ":root\"] } }\n  ]\n}";
    CreateRoleRequest create = new CreateRoleRequest();
    create.setSysProtocol(ProtocolType.HTTP);
    create.setRoleName(name);
    create.setDescription("for a + b, and c");
    create.setAssumeRolePolicyDocument(trust);
    client.getAcsResponse(create);
    GetRoleRequest get = new GetRoleRequest();
    get.setSysProtocol(ProtocolType.HTTP);
    get.setRoleName(name);
    GetRoleResponse.Role role = client.getAcsResponse(get).getRole();
    equal(role.getAssumeRolePolicyDocument(), trust);
    equal(role.getDescription(), "for a + b, and c");
    DeleteRoleRequest delete = new DeleteRoleRequest();
    delete.setSysProtocol(ProtocolType.HTTP);
    delete.setRoleName(name);
    client.getAcsResponse(delete);
    equal(codeOf(() -> client.getAcsResponse(get), CoreCases::code), "EntityNotExist.Role");
  }

  private static IAcsClient client(String product, String service, String id, String secret) {
    DefaultProfile.addEndpoint(stage("region"), product, hostOf(service));
    return new DefaultAcsClient(DefaultProfile.getProfile(stage("region"), id, secret));
  }

  private static AssumeRoleResponse assume(IAcsClient client, String name, String policy) throws ClientException {
    AssumeRoleRequest request = new AssumeRoleRequest();
    request.setSysProtocol(ProtocolType.HTTP);
    request.setRoleArn(stage("roleArn"));
    request.setRoleSessionName(name);
    request.setPolicy(policy);
    return client.getAcsResponse(request);
  }

  private static String code(Exception refused) {
    return refused instanceof ClientException ? ((ClientException) refused).getErrCode() : refused.toString();
  }
}
