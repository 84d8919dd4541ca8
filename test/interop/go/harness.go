package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"runtime/debug"
	"strings"
)

// stage is what the runner started.
var stage struct {
	Credentials, Login, CredentialsUri, Oss, Sts, Ram, Control string
	AccountId, RoleArn, Bucket, Region                         string
	CallerId, CallerSecret, AdminId, AdminSecret               string
}

// keys are temporary credentials, as oss-valet answers them.
type keys struct {
	AccessKeyId, AccessKeySecret, SecurityToken string
}

type testCase struct {
	Sdk  string `json:"sdk"`
	Case string `json:"case"`
	run  func()
}

var cases []testCase

// register adds a case: a function that panics where something is wrong.
func register(sdk, name string, run func()) {
	cases = append(cases, testCase{sdk, name, run})
}

// runCases names every case first, so that one that never ran is missed. Then it runs them, one line each.
func runCases() {
	say(map[string]any{"expect": cases})
	for _, each := range cases {
		line := map[string]any{"sdk": each.Sdk, "case": each.Case}
		detail := failureOf(each.run)
		line["ok"] = detail == ""
		if detail != "" {
			line["detail"] = detail
		}
		say(line)
	}
}

func failureOf(run func()) (detail string) {
	defer func() {
		if thrown := recover(); thrown != nil {
			detail = fmt.Sprintf("%v\n%s", thrown, placeIn(string(debug.Stack())))
		}
	}()
	run()
	return ""
}

func placeIn(stack string) string {
	places := regexp.MustCompile(`\S+/(\w+\.go:\d+)`).FindAllStringSubmatch(stack, -1)
	for _, place := range places {
		if strings.HasPrefix(place[1], "oss_") || strings.HasPrefix(place[1], "pop") {
			return "at " + place[1]
		}
	}
	return ""
}

func say(line any) {
	text, err := json.Marshal(line)
	must(err)
	fmt.Println(string(text))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func value[T any](result T, err error) T {
	must(err)
	return result
}

func equal(got, wanted any) {
	if !reflect.DeepEqual(got, wanted) {
		panic(fmt.Sprintf("%.300v is not %.300v", got, wanted))
	}
}

// vend asks oss-valet as an App does: it signs its user in, and sends the token.
func vend() keys {
	var token struct {
		AccessToken string `json:"access_token"`
	}
	must(json.Unmarshal(value(read(http.PostForm(stage.Login, url.Values{"sub": {"alice"}}))), &token))
	request := value(http.NewRequest("GET", stage.Credentials, nil))
	request.Header.Set("Authorization", "Bearer "+token.AccessToken)
	var vended keys
	must(json.Unmarshal(value(read(http.DefaultClient.Do(request))), &vended))
	return vended
}

// letTimePass moves the sandbox's clock: what was vended expires.
func letTimePass(seconds int) {
	body := strings.NewReader(fmt.Sprintf(`{"advanceMs": %d}`, seconds*1000))
	value(read(http.Post(stage.Control+"/clock", "application/json", body)))
}

func read(response *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		return nil, fmt.Errorf("%d: %s", response.StatusCode, body)
	}
	return body, err
}

func send(method, address string, body []byte, headers map[string]string) []byte {
	request := value(http.NewRequest(method, address, bytes.NewReader(body)))
	for name, text := range headers {
		request.Header.Set(name, text)
	}
	return value(read(http.DefaultClient.Do(request)))
}

func randomBytes(length int) []byte {
	content := make([]byte, length)
	value(rand.Read(content))
	return content
}

// folder is a folder of alice's for one SDK.
func folder(sdk string) string {
	return "users/alice/" + regexp.MustCompile(`[^A-Za-z0-9]`).ReplaceAllString(sdk, "-") + "/"
}

// versionOf reads a module's version from the program itself.
func versionOf(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return strings.TrimSuffix(strings.TrimPrefix(dependency.Version, "v"), "+incompatible")
		}
	}
	panic("the program does not depend on " + module)
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "real-names" {
		registerRealNames()
	} else {
		must(json.Unmarshal([]byte(os.Getenv("INTEROP_STAGE")), &stage))
		// First what goes through the sidecar: it has no clock of the sandbox, which the others move.
		registerPop()
		registerOssV2()
		registerOssV1()
	}
	runCases()
}
