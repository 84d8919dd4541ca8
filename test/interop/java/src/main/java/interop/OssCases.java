package interop;

import static interop.Harness.codeOf;
import static interop.Harness.equal;
import static interop.Harness.folder;
import static interop.Harness.letTimePass;
import static interop.Harness.randomBytes;
import static interop.Harness.send;
import static interop.Harness.stage;
import static interop.Harness.vend;

import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.CredentialsProvider;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.DownloadFileRequest;
import com.aliyun.oss.model.GeneratePresignedUrlRequest;
import com.aliyun.oss.model.InitiateMultipartUploadRequest;
import com.aliyun.oss.model.ListObjectsRequest;
import com.aliyun.oss.model.ListObjectsV2Request;
import com.aliyun.oss.model.ListObjectsV2Result;
import com.aliyun.oss.model.ListPartsRequest;
import com.aliyun.oss.model.OSSObjectSummary;
import com.aliyun.oss.model.ObjectListing;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.PartListing;
import com.aliyun.oss.model.PartSummary;
import com.aliyun.oss.model.UploadFileRequest;
import com.aliyun.oss.model.UploadPartRequest;
import interop.Harness.Action;
import interop.Harness.Keys;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** aliyun-sdk-oss, with one of its signatures. */
final class OssCases {
  private static final int PART = 100 * 1024;

  private final SignVersion signature;
  private final String sdk;
  private final String own;
  private final String bucket = stage("bucket");

  OssCases(SignVersion signature) {
    this.signature = signature;
    sdk = "aliyun-sdk-oss " + Harness.versionOf(OSS.class) + " " + signature;
    own = folder(sdk);
  }

  void register() {
    add("put, get, head, delete", this::wholeObjects);
    add("list in pages", this::pages);
    add("upload in parts", this::parts);
    add("resumable upload and download", this::resumable);
    add("presigned PUT and GET", this::presigned);
    add("another user's folder is closed", this::fence);
    add("upload in parts across an expiry", this::expiry);
    add("the usual errors have their codes", this::errors);
  }

  private void add(String name, Action action) {
    Harness.register(sdk, name, action);
  }

  private OSS client(Keys keys) {
    return client(new DefaultCredentialProvider(keys.id, keys.secret, keys.token));
  }

  private OSS client(CredentialsProvider provider) {
    ClientBuilderConfiguration configuration = new ClientBuilderConfiguration();
    configuration.setSignatureVersion(signature);
    return OSSClientBuilder.create()
        .endpoint(stage("oss"))
        .region(stage("region"))
        .credentialsProvider(provider)
        .clientConfiguration(configuration)
        .build();
  }

  private static String code(Exception refused) {
    return refused instanceof OSSException ? ((OSSException) refused).getErrorCode() : refused.toString();
  }

  private void put(OSS client, String key, byte[] body) {
    client.putObject(bucket, key, new ByteArrayInputStream(body));
  }

  private byte[] get(OSS client, String key) throws Exception {
    return client.getObject(bucket, key).getObjectContent().readAllBytes();
  }

  private void wholeObjects() throws Exception {
    OSS client = client(vend());
    String key = own + "é a+b.txt";
    byte[] body = randomBytes(70_000);
    put(client, key, body);
    equal(get(client, key), body);
    equal(client.getObjectMetadata(bucket, key).getContentLength(), 70_000L);
    client.deleteObject(bucket, key);
    equal(client.doesObjectExist(bucket, key), false);
  }

  private void pages() throws Exception {
    OSS client = client(vend());
    String place = own + "my photos/";
    List<String> keys = Stream.of("1+1", "2", "3 a", "4", "é").map(place::concat).collect(Collectors.toList());
    for (String key : keys) put(client, key, new byte[1]);

    List<OSSObjectSummary> found = new ArrayList<>();
    ObjectListing page = null;
    do {
      String marker = page == null ? null : page.getNextMarker();
      page = client.listObjects(new ListObjectsRequest(bucket, place, marker, null, 2));
      found.addAll(page.getObjectSummaries());
    } while (page.isTruncated());
    equal(keysOf(found), keys);

    found.clear();
    ListObjectsV2Result pageV2 = null;
    do {
      String token = pageV2 == null ? null : pageV2.getNextContinuationToken();
      ListObjectsV2Request request = new ListObjectsV2Request(bucket).withPrefix(place).withMaxKeys(2);
      pageV2 = client.listObjectsV2(request.withContinuationToken(token));
      found.addAll(pageV2.getObjectSummaries());
    } while (pageV2.isTruncated());
    equal(keysOf(found), keys);
  }

  private static List<String> keysOf(List<OSSObjectSummary> found) {
    return found.stream().map(OSSObjectSummary::getKey).collect(Collectors.toList());
  }

  private void parts() throws Exception {
    OSS client = client(vend());
    String key = own + "parts.bin";
    byte[] body = randomBytes(PART + 7);
    String upload = initiate(client, key);
    uploadPart(client, key, upload, 1, Arrays.copyOf(body, PART));
    uploadPart(client, key, upload, 2, Arrays.copyOfRange(body, PART, body.length));
    List<PartSummary> listed = new ArrayList<>();
    ListPartsRequest request = new ListPartsRequest(bucket, key, upload);
    request.setMaxParts(1);
    PartListing page;
    do {
      page = client.listParts(request);
      listed.addAll(page.getParts());
      request.setPartNumberMarker(page.getNextPartNumberMarker());
    } while (page.isTruncated());
    equal(listed.stream().map(PartSummary::getSize).collect(Collectors.toList()), List.of((long) PART, 7L));
    complete(client, key, upload, listed.stream().map(part -> new PartETag(part.getPartNumber(), part.getETag())));
    equal(get(client, key), body);
  }

  private String initiate(OSS client, String key) {
    return client.initiateMultipartUpload(new InitiateMultipartUploadRequest(bucket, key)).getUploadId();
  }

  private PartETag uploadPart(OSS client, String key, String upload, int number, byte[] body) {
    ByteArrayInputStream stream = new ByteArrayInputStream(body);
    return client.uploadPart(new UploadPartRequest(bucket, key, upload, number, stream, body.length)).getPartETag();
  }

  private void complete(OSS client, String key, String upload, Stream<PartETag> parts) {
    List<PartETag> entries = parts.collect(Collectors.toList());
    client.completeMultipartUpload(new CompleteMultipartUploadRequest(bucket, key, upload, entries));
  }

  private void resumable() throws Exception {
    OSS client = client(vend());
    String key = own + "resumable.bin";
    byte[] body = randomBytes(10 * PART + 5);
    Path place = Files.createTempDirectory("interop");
    Path source = Files.write(place.resolve("source"), body);
    Path target = place.resolve("target");
    try {
      String checkpoints = place.resolve("checkpoints").toString();
      UploadFileRequest upload = new UploadFileRequest(bucket, key, source.toString(), PART, 3, true, checkpoints);
      DownloadFileRequest download =
          new DownloadFileRequest(bucket, key, target.toString(), PART, 3, true, checkpoints + "2");
      try {
        client.uploadFile(upload);
        client.downloadFile(download);
      } catch (Throwable thrown) {
        throw new AssertionError(thrown);
      }
      equal(Files.readAllBytes(target), body);
    } finally {
      for (String name : new String[] {"source", "target", "checkpoints", "checkpoints2"}) {
        Files.deleteIfExists(place.resolve(name));
      }
      Files.delete(place);
    }
  }

  private void presigned() throws Exception {
    OSS client = client(vend());
    String key = own + "presigned é+.txt";
    GeneratePresignedUrlRequest put = new GeneratePresignedUrlRequest(bucket, key, HttpMethod.PUT);
    put.setExpiration(new Date(System.currentTimeMillis() + 60_000));
    put.setContentType("text/plain");
    send(
        HttpRequest.newBuilder(client.generatePresignedUrl(put).toURI())
            .header("Content-Type", "text/plain")
            .PUT(HttpRequest.BodyPublishers.ofString("by URL"))
            .build());
    GeneratePresignedUrlRequest get = new GeneratePresignedUrlRequest(bucket, key, HttpMethod.GET);
    get.setExpiration(new Date(System.currentTimeMillis() + 60_000));
    equal(new String(send(HttpRequest.newBuilder(client.generatePresignedUrl(get).toURI()).build())), "by URL");
  }

  private void fence() throws Exception {
    OSS client = client(vend());
    put(client, own + "mine", new byte[1]);
    String bobs = "users/bob/a";
    Map<String, Action> calls = new LinkedHashMap<>();
    calls.put("put", () -> put(client, bobs, new byte[1]));
    calls.put("get", () -> get(client, bobs));
    calls.put("delete", () -> client.deleteObject(bucket, bobs));
    calls.put("list", () -> client.listObjects(bucket));
    calls.put("list V2", () -> client.listObjectsV2(bucket, "users/bob/"));
    calls.put("copy from", () -> client.copyObject(bucket, bobs, bucket, own + "theirs"));
    calls.put("copy to", () -> client.copyObject(bucket, own + "mine", bucket, "users/bob/mine"));
    for (Map.Entry<String, Action> call : calls.entrySet()) {
      equal(call.getKey() + ": " + codeOf(call.getValue(), OssCases::code), call.getKey() + ": AccessDenied");
    }
  }

  private void expiry() throws Exception {
    Keys first = vend();
    CredentialsProvider provider = new DefaultCredentialProvider(first.id, first.secret, first.token);
    OSS client = client(provider);
    String key = own + "expiry.bin";
    byte[] body = randomBytes(2 * PART);
    String upload = initiate(client, key);
    List<PartETag> done = new ArrayList<>();
    done.add(uploadPart(client, key, upload, 1, Arrays.copyOf(body, PART)));
    letTimePass(3601);
    Action second = () -> done.add(uploadPart(client, key, upload, 2, Arrays.copyOfRange(body, PART, body.length)));
    equal(codeOf(second, OssCases::code), "SecurityTokenExpired");
    Keys next = vend();
    client.switchCredentials(new com.aliyun.oss.common.auth.DefaultCredentials(next.id, next.secret, next.token));
    second.run();
    complete(client, key, upload, done.stream());
    equal(get(client, key), body);
  }

  private void errors() throws Exception {
    Keys good = vend();
    equal(refusal(good, bucket), "NoSuchKey");
    equal(refusal(new Keys(good.id, "wrong", good.token), bucket), "SignatureDoesNotMatch");
    equal(refusal(new Keys("STS.nobodysKeyOfThisSandbox00", good.secret, good.token), bucket), "InvalidAccessKeyId");
    equal(refusal(new Keys(good.id, good.secret, "CAISwrong"), bucket), "InvalidSecurityToken");
    equal(refusal(good, "no-such-bucket"), "NoSuchBucket");
  }

  private String refusal(Keys keys, String name) {
    return codeOf(() -> client(keys).getObject(name, own + "none"), OssCases::code);
  }
}
