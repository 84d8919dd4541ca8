package interop;

import static interop.Harness.equal;
import static interop.Harness.versionOf;

import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.CredentialsProvider;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.PutObjectRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.profile.DefaultProfile;
import com.aliyuncs.profile.IClientProfile;
import com.aliyuncs.sts.model.v20150401.AssumeRoleRequest;
import com.aliyuncs.sts.model.v20150401.AssumeRoleResponse;
import java.io.ByteArrayInputStream;

/**
 * The calls of the guide "Use temporary credentials", with https and the real endpoints. Nothing here knows of a
 * sandbox: the variables that the program is started with lead there.
 */
final class RealNames {
  private static final String POLICY =
      "{\n  \"Version\": \"1\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": [\n"
          + "        \"oss:PutObject\"\n      ],\n      \"Resource\": [\n        \"acs:oss:*:*:examplebucket/*\"\n"
          + "      ]\n    }\n  ]\n}";

  private RealNames() {}

  public static void main(String[] arguments) {
    String core = "aliyun-java-sdk-core " + versionOf(DefaultAcsClient.class);
    String oss = "aliyun-sdk-oss " + versionOf(OSS.class) + " V4";
    String tea = "sts20150401 (Java) " + versionOf(com.aliyun.sts20150401.Client.class);
    Harness.register(core, "AssumeRole at sts.cn-hangzhou.aliyuncs.com", RealNames::assumeRole);
    Harness.register(tea, "AssumeRole at sts.cn-hangzhou.aliyuncs.com", RealNames::assumeRoleWithTea);
    Harness.register(oss, "PutObject at https://oss-cn-hangzhou.aliyuncs.com", () -> put("https://oss-cn-hangzhou.aliyuncs.com"));
    Harness.register(oss, "PutObject at http://oss-cn-hangzhou.aliyuncs.com", () -> put("http://oss-cn-hangzhou.aliyuncs.com"));
    Harness.runCases();
    System.exit(0);
  }

  private static AssumeRoleResponse.Credentials assumeRole() throws Exception {
    String regionId = "";
    DefaultProfile.addEndpoint(regionId, "Sts", "sts.cn-hangzhou.aliyuncs.com");
    IClientProfile profile =
        DefaultProfile.getProfile(
            regionId, System.getenv("OSS_ACCESS_KEY_ID"), System.getenv("OSS_ACCESS_KEY_SECRET"));
    AssumeRoleRequest request = new AssumeRoleRequest();
    request.setSysMethod(MethodType.POST);
    request.setRoleArn(System.getenv("OSS_STS_ROLE_ARN"));
    request.setRoleSessionName("alice");
    request.setPolicy(POLICY);
    request.setDurationSeconds(3600L);
    AssumeRoleResponse response = new DefaultAcsClient(profile).getAcsResponse(request);
    equal(response.getCredentials().getAccessKeyId().substring(0, 4), "STS.");
    return response.getCredentials();
  }

  private static void assumeRoleWithTea() throws Exception {
    com.aliyun.teaopenapi.models.Config config =
        new com.aliyun.teaopenapi.models.Config()
            .setAccessKeyId(System.getenv("OSS_ACCESS_KEY_ID"))
            .setAccessKeySecret(System.getenv("OSS_ACCESS_KEY_SECRET"))
            .setEndpoint("sts.cn-hangzhou.aliyuncs.com");
    com.aliyun.sts20150401.models.AssumeRoleRequest request =
        new com.aliyun.sts20150401.models.AssumeRoleRequest()
            .setRoleArn(System.getenv("OSS_STS_ROLE_ARN"))
            .setRoleSessionName("alice")
            .setPolicy(POLICY);
    String id = new com.aliyun.sts20150401.Client(config).assumeRole(request).getBody().getCredentials().getAccessKeyId();
    equal(id.substring(0, 4), "STS.");
  }

  private static void put(String endpoint) throws Exception {
    AssumeRoleResponse.Credentials keys = assumeRole();
    CredentialsProvider provider =
        new DefaultCredentialProvider(keys.getAccessKeyId(), keys.getAccessKeySecret(), keys.getSecurityToken());
    ClientBuilderConfiguration configuration = new ClientBuilderConfiguration();
    configuration.setSignatureVersion(SignVersion.V4);
    OSS client =
        OSSClientBuilder.create()
            .endpoint(endpoint)
            .credentialsProvider(provider)
            .clientConfiguration(configuration)
            .region("cn-hangzhou")
            .build();
    try {
      byte[] content = "Hello OSS".getBytes();
      PutObjectRequest request =
          new PutObjectRequest("examplebucket", "exampleobject.txt", new ByteArrayInputStream(content));
      equal(client.putObject(request).getETag(), "F0F18C2C66AE1DD512BDCD4366F76DA3");
      // The session policy allows PutObject alone.
      equal(
          Harness.codeOf(
              () -> client.deleteObject("examplebucket", "exampleobject.txt"),
              refused -> ((OSSException) refused).getErrorCode()),
          "AccessDenied");
    } finally {
      client.shutdown();
    }
  }
}
