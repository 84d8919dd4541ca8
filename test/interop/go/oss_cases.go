package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

const partSize = 100 * 1024

// part is a part of an upload, as the service knows it.
type part struct {
	number int
	etag   string
	size   int64
}

// store is what both SDKs of OSS can do. Every call panics with the SDK's own error.
type store interface {
	put(key string, body []byte)
	get(key string) []byte
	size(key string) int64
	exists(key string) bool
	remove(key string)
	copyTo(source, target string)
	// list gives the keys of all pages, two keys a page.
	list(prefix string) []string
	listV2(prefix string) []string
	initiate(key string) string
	uploadPart(key, upload string, number int, body []byte) part
	// parts gives the parts of all pages, one part a page.
	parts(key, upload string) []part
	complete(key, upload string, parts []part)
	uploadFile(key, file, checkpoints string)
	downloadFile(key, file, checkpoints string)
	// presigned gives an address, and the headers to send with it.
	presigned(method, key string) (string, map[string]string)
}

// ossSdk opens a store with keys that are asked for with each request.
type ossSdk struct {
	name   string
	open   func(provide func() keys, bucket string) store
	codeOf func(thrown any) string
}

func (sdk ossSdk) store() store {
	vended := vend()
	return sdk.open(func() keys { return vended }, stage.Bucket)
}

// code is what the client told apart. Panics where the call went through.
func (sdk ossSdk) code(call func()) (code string) {
	defer func() {
		if thrown := recover(); thrown != nil {
			code = sdk.codeOf(thrown)
		}
	}()
	call()
	return "no refusal"
}

func (sdk ossSdk) register() {
	own := folder(sdk.name)

	register(sdk.name, "put, get, head, delete", func() {
		client, key, body := sdk.store(), own+"é a+b.txt", randomBytes(70_000)
		client.put(key, body)
		equal(bytes.Equal(client.get(key), body), true)
		equal(client.size(key), int64(70_000))
		client.remove(key)
		equal(client.exists(key), false)
	})

	register(sdk.name, "list in pages", func() {
		client, place := sdk.store(), own+"my photos/"
		keys := []string{place + "1+1", place + "2", place + "3 a", place + "4", place + "é"}
		for _, key := range keys {
			client.put(key, []byte("x"))
		}
		equal(client.list(place), keys)
		equal(client.listV2(place), keys)
	})

	register(sdk.name, "upload in parts", func() {
		client, key, body := sdk.store(), own+"parts.bin", randomBytes(partSize+7)
		upload := client.initiate(key)
		client.uploadPart(key, upload, 1, body[:partSize])
		client.uploadPart(key, upload, 2, body[partSize:])
		listed := client.parts(key, upload)
		equal([]int64{listed[0].size, listed[1].size}, []int64{partSize, 7})
		client.complete(key, upload, listed)
		equal(bytes.Equal(client.get(key), body), true)
	})

	register(sdk.name, "resumable upload and download", func() {
		client, key, body := sdk.store(), own+"resumable.bin", randomBytes(10*partSize+5)
		place := value(os.MkdirTemp("", "interop"))
		defer os.RemoveAll(place)
		source, target := filepath.Join(place, "source"), filepath.Join(place, "target")
		must(os.WriteFile(source, body, 0o600))
		client.uploadFile(key, source, place)
		client.downloadFile(key, target, place)
		equal(bytes.Equal(value(os.ReadFile(target)), body), true)
	})

	register(sdk.name, "presigned PUT and GET", func() {
		client, key := sdk.store(), own+"presigned é+.txt"
		address, headers := client.presigned("PUT", key)
		send("PUT", address, []byte("by URL"), headers)
		address, headers = client.presigned("GET", key)
		equal(string(send("GET", address, nil, headers)), "by URL")
	})

	register(sdk.name, "another user's folder is closed", func() {
		client := sdk.store()
		client.put(own+"mine", []byte("x"))
		for name, call := range map[string]func(){
			"put":       func() { client.put("users/bob/a", []byte("x")) },
			"get":       func() { client.get("users/bob/a") },
			"delete":    func() { client.remove("users/bob/a") },
			"list":      func() { client.list("") },
			"list V2":   func() { client.listV2("users/bob/") },
			"copy from": func() { client.copyTo("users/bob/a", own+"theirs") },
			"copy to":   func() { client.copyTo(own+"mine", "users/bob/mine") },
		} {
			equal(name+": "+sdk.code(call), name+": AccessDenied")
		}
	})

	register(sdk.name, "upload in parts across an expiry", func() {
		held := vend()
		client := sdk.open(func() keys { return held }, stage.Bucket)
		key, body := own+"expiry.bin", randomBytes(2*partSize)
		upload := client.initiate(key)
		first := client.uploadPart(key, upload, 1, body[:partSize])
		letTimePass(3601)
		var second part
		send := func() { second = client.uploadPart(key, upload, 2, body[partSize:]) }
		equal(sdk.code(send), "SecurityTokenExpired")
		held = vend()
		send()
		client.complete(key, upload, []part{first, second})
		equal(bytes.Equal(client.get(key), body), true)
	})

	register(sdk.name, "the usual errors have their codes", func() {
		refused := func(bucket string, change func(*keys)) string {
			vended := vend()
			change(&vended)
			client := sdk.open(func() keys { return vended }, bucket)
			return sdk.code(func() { client.get(own + "none") })
		}
		same := func(*keys) {}
		equal([]string{
			refused(stage.Bucket, same),
			refused(stage.Bucket, func(vended *keys) { vended.AccessKeySecret = "wrong" }),
			refused(stage.Bucket, func(vended *keys) { vended.AccessKeyId = "STS." + strings.Repeat("n", 25) }),
			refused(stage.Bucket, func(vended *keys) { vended.SecurityToken = "CAISwrong" }),
			refused("no-such-bucket", same),
		}, []string{"NoSuchKey", "SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidSecurityToken", "NoSuchBucket"})
	})
}
