package main

import (
	"errors"
	"fmt"
	"strings"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapiutil "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
	popErrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
	"github.com/aliyun/credentials-go/credentials"
)

// What people write: line breaks and blanks, a plus sign, and characters that every language encodes otherwise.
const policy = `{
    "Version": "1",
    "Statement": [
        { "Effect": "Allow", "Action": ["oss:GetObject"], "Resource": ["acs:oss:*:*:examplebucket/a+b ~é*/*"] }
    ]
}`

func registerPop() {
	registerAlibabaCloudSdk()
	registerTea()
	registerCredentials()
}

func registerAlibabaCloudSdk() {
	sdk := "alibaba-cloud-sdk-go " + versionOf("github.com/aliyun/alibaba-cloud-sdk-go")
	domain := func(address string) string { return strings.TrimPrefix(address, "http://") }
	assume := func(id, secret, name, policy string) (keys, error) {
		client := value(sts.NewClientWithAccessKey(stage.Region, id, secret))
		request := sts.CreateAssumeRoleRequest()
		request.Scheme, request.Domain = "http", domain(stage.Sts)
		request.RoleArn, request.RoleSessionName, request.Policy = stage.RoleArn, name, policy
		response, err := client.AssumeRole(request)
		if err != nil {
			return keys{}, err
		}
		given := response.Credentials
		return keys{given.AccessKeyId, given.AccessKeySecret, given.SecurityToken}, nil
	}
	codeOf := func(_ keys, err error) string {
		var refusal *popErrors.ServerError
		if errors.As(err, &refusal) {
			return refusal.ErrorCode()
		}
		return fmt.Sprint(err)
	}

	register(sdk, "AssumeRole, and who that is", func() {
		given := value(assume(stage.CallerId, stage.CallerSecret, "a.b@c-d_e", ""))
		client := value(sts.NewClientWithStsToken(stage.Region, given.AccessKeyId, given.AccessKeySecret, given.SecurityToken))
		request := sts.CreateGetCallerIdentityRequest()
		request.Scheme, request.Domain = "http", domain(stage.Sts)
		equal(value(client.GetCallerIdentity(request)).Arn, stage.RoleArn+"/a.b@c-d_e")
	})

	register(sdk, "AssumeRole with a policy of blanks, line breaks and plus signs", func() {
		given := value(assume(stage.CallerId, stage.CallerSecret, "alice", policy))
		equal(given.AccessKeyId[:4], "STS.")
		equal(codeOf(assume(stage.CallerId, stage.CallerSecret, "a+b c", "")), "InvalidParameter.RoleSessionName")
	})

	register(sdk, "the usual errors have their codes", func() {
		equal(codeOf(assume(stage.CallerId, "wrong", "alice", "")), "SignatureDoesNotMatch")
		equal(codeOf(assume("LTAInobody", stage.CallerSecret, "alice", "")), "InvalidAccessKeyId.NotFound")
	})

	register(sdk, "a role with an indented trust policy, seen, and deleted again", func() {
		client := value(ram.NewClientWithAccessKey(stage.Region, stage.AdminId, stage.AdminSecret))
		trust := fmt.Sprintf("{\n  \"Version\": \"1\",\n  \"Statement\": [\n    { \"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\",\n      \"Principal\": { \"RAM\": [\"acs:ram::%s:root\"] } }\n  ]\n}", stage.AccountId)
		create := ram.CreateCreateRoleRequest()
		create.Scheme, create.Domain = "http", domain(stage.Ram)
		create.RoleName, create.Description, create.AssumeRolePolicyDocument = "interop-go", "for a + b, and c", trust
		value(client.CreateRole(create))
		get := ram.CreateGetRoleRequest()
		get.Scheme, get.Domain, get.RoleName = "http", domain(stage.Ram), "interop-go"
		role := value(client.GetRole(get)).Role
		equal([]string{role.AssumeRolePolicyDocument, role.Description}, []string{trust, "for a + b, and c"})
		remove := ram.CreateDeleteRoleRequest()
		remove.Scheme, remove.Domain, remove.RoleName = "http", domain(stage.Ram), "interop-go"
		value(client.DeleteRole(remove))
	})
}

// registerTea calls STS through the core that all Tea SDKs for Go share; sts-20150401 adds only names to it.
func registerTea() {
	sdk := "darabonba-openapi (Tea for Go) " + versionOf("github.com/alibabacloud-go/darabonba-openapi/v2")

	register(sdk, "AssumeRole with a policy of blanks, line breaks and plus signs", func() {
		client := value(openapi.NewClient(&openapiutil.Config{
			AccessKeyId: dara.String(stage.CallerId), AccessKeySecret: dara.String(stage.CallerSecret),
			Endpoint: dara.String(strings.TrimPrefix(stage.Sts, "http://")), Protocol: dara.String("http"),
		}))
		answer := value(client.CallApi(&openapiutil.Params{
			Action: dara.String("AssumeRole"), Version: dara.String("2015-04-01"), Protocol: dara.String("HTTP"),
			Pathname: dara.String("/"), Method: dara.String("POST"), AuthType: dara.String("AK"),
			Style: dara.String("RPC"), ReqBodyType: dara.String("formData"), BodyType: dara.String("json"),
		}, &openapiutil.OpenApiRequest{Query: map[string]*string{
			"RoleArn": dara.String(stage.RoleArn), "RoleSessionName": dara.String("alice"), "Policy": dara.String(policy),
		}}, &dara.RuntimeOptions{}))
		given := answer["body"].(map[string]any)["Credentials"].(map[string]any)
		equal(given["AccessKeyId"].(string)[:4], "STS.")
	})
}

func registerCredentials() {
	sdk := "credentials-go " + versionOf("github.com/aliyun/credentials-go")

	register(sdk, "credentials_uri: through valet sidecar", func() {
		config := new(credentials.Config).SetType("credentials_uri").SetURLCredential(stage.CredentialsUri)
		given := value(value(credentials.NewCredential(config)).GetCredential())
		equal((*given.AccessKeyId)[:4], "STS.")
		equal(*given.SecurityToken != "", true)
		again := value(value(credentials.NewCredential(config)).GetCredential())
		equal(*again.AccessKeyId, *given.AccessKeyId)
	})
}
