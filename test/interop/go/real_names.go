package main

import (
	"bytes"
	"net/http"
	"os"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	ossV1Sdk "github.com/aliyun/aliyun-oss-go-sdk/oss"
)

const (
	exampleBucket = "examplebucket"
	exampleKey    = "exampleobject.txt"
	onlyPut       = `{
  "Version": "1",
  "Statement": [
    { "Effect": "Allow", "Action": ["oss:PutObject"], "Resource": ["acs:oss:*:*:examplebucket/*"] }
  ]
}`
)

// registerRealNames adds one program of production for each SDK: https, the real endpoints, keys in the environment.
// Nothing here knows of a sandbox: the variables that the program is started with lead there. Both SDKs of OSS use the
// proxy of their environment only when the program asks for it.
func registerRealNames() {
	register("alibaba-cloud-sdk-go "+versionOf("github.com/aliyun/alibaba-cloud-sdk-go"),
		"AssumeRole at sts.cn-hangzhou.aliyuncs.com", func() {
			equal(assumeForProduction().AccessKeyId[:4], "STS.")
		})

	register("alibabacloud-oss-go-sdk-v2 "+versionOf("github.com/aliyun/alibabacloud-oss-go-sdk-v2")+" V4",
		"PutObject in cn-hangzhou, no endpoint named", func() {
			given := assumeForProduction()
			provider := credentials.NewStaticCredentialsProvider(given.AccessKeyId, given.AccessKeySecret, given.SecurityToken)
			config := oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithCredentialsProvider(provider).
				WithProxyFromEnvironment(true)
			client := ossV2{oss.NewClient(config), oss.Ptr(exampleBucket)}
			client.put(exampleKey, []byte("Hello OSS"))
			// The session policy allows PutObject alone.
			equal(ossSdk{codeOf: codeOfV2}.code(func() { client.remove(exampleKey) }), "AccessDenied")
		})

	for _, endpoint := range []string{"https://oss-cn-hangzhou.aliyuncs.com", "http://oss-cn-hangzhou.aliyuncs.com"} {
		register("aliyun-oss-go-sdk "+versionOf("github.com/aliyun/aliyun-oss-go-sdk")+" V4", "PutObject at "+endpoint, func() {
			given := assumeForProduction()
			client := value(ossV1Sdk.New(endpoint, given.AccessKeyId, given.AccessKeySecret,
				ossV1Sdk.SecurityToken(given.SecurityToken), ossV1Sdk.AuthVersion(ossV1Sdk.AuthV4), ossV1Sdk.Region("cn-hangzhou"),
				ossV1Sdk.HTTPClient(http.DefaultClient)))
			must(value(client.Bucket(exampleBucket)).PutObject(exampleKey, bytes.NewReader([]byte("Hello OSS"))))
		})
	}
}

func assumeForProduction() keys {
	client := value(sts.NewClientWithAccessKey("cn-hangzhou", os.Getenv("OSS_ACCESS_KEY_ID"), os.Getenv("OSS_ACCESS_KEY_SECRET")))
	request := sts.CreateAssumeRoleRequest()
	request.Scheme = "https"
	request.RoleArn, request.RoleSessionName, request.Policy = os.Getenv("OSS_STS_ROLE_ARN"), "alice", onlyPut
	given := value(client.AssumeRole(request)).Credentials
	return keys{given.AccessKeyId, given.AccessKeySecret, given.SecurityToken}
}
