package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

// ossV1 is aliyun-oss-go-sdk.
type ossV1 struct {
	bucket *oss.Bucket
}

type providerV1 func() keys

func (provide providerV1) GetCredentials() oss.Credentials { return keysV1(provide()) }

type keysV1 keys

func (k keysV1) GetAccessKeyID() string     { return k.AccessKeyId }
func (k keysV1) GetAccessKeySecret() string { return k.AccessKeySecret }
func (k keysV1) GetSecurityToken() string   { return k.SecurityToken }

func registerOssV1() {
	version := versionOf("github.com/aliyun/aliyun-oss-go-sdk")
	for _, signature := range []oss.AuthVersionType{oss.AuthV1, oss.AuthV4} {
		ossSdk{
			name:   fmt.Sprintf("aliyun-oss-go-sdk %s %s", version, map[oss.AuthVersionType]string{oss.AuthV1: "V1", oss.AuthV4: "V4"}[signature]),
			codeOf: codeOfV1,
			open: func(provide func() keys, bucket string) store {
				client := value(oss.New(stage.Oss, "", "", oss.SetCredentialsProvider(providerV1(provide)),
					oss.AuthVersion(signature), oss.Region(stage.Region)))
				return ossV1{value(client.Bucket(bucket))}
			},
		}.register()
	}
}

func codeOfV1(thrown any) string {
	var refusal oss.ServiceError
	if err, ok := thrown.(error); ok && errors.As(err, &refusal) {
		return refusal.Code
	}
	return fmt.Sprint(thrown)
}

func (s ossV1) put(key string, body []byte) { must(s.bucket.PutObject(key, bytes.NewReader(body))) }

func (s ossV1) get(key string) []byte {
	body := value(s.bucket.GetObject(key))
	defer body.Close()
	return value(io.ReadAll(body))
}

func (s ossV1) size(key string) int64 {
	header := value(s.bucket.GetObjectDetailedMeta(key))
	return value(strconv.ParseInt(header.Get("Content-Length"), 10, 64))
}

func (s ossV1) exists(key string) bool { return value(s.bucket.IsObjectExist(key)) }

func (s ossV1) remove(key string) { must(s.bucket.DeleteObject(key)) }

func (s ossV1) copyTo(source, target string) { value(s.bucket.CopyObject(source, target)) }

func (s ossV1) list(prefix string) (found []string) {
	for marker, more := "", true; more; {
		page := value(s.bucket.ListObjects(oss.Prefix(prefix), oss.MaxKeys(2), oss.Marker(marker)))
		for _, object := range page.Objects {
			found = append(found, object.Key)
		}
		marker, more = page.NextMarker, page.IsTruncated
	}
	return found
}

func (s ossV1) listV2(prefix string) (found []string) {
	for token, more := "", true; more; {
		page := value(s.bucket.ListObjectsV2(oss.Prefix(prefix), oss.MaxKeys(2), oss.ContinuationToken(token)))
		for _, object := range page.Objects {
			found = append(found, object.Key)
		}
		token, more = page.NextContinuationToken, page.IsTruncated
	}
	return found
}

func (s ossV1) upload(key, id string) oss.InitiateMultipartUploadResult {
	return oss.InitiateMultipartUploadResult{Bucket: s.bucket.BucketName, Key: key, UploadID: id}
}

func (s ossV1) initiate(key string) string {
	return value(s.bucket.InitiateMultipartUpload(key)).UploadID
}

func (s ossV1) uploadPart(key, id string, number int, body []byte) part {
	size := int64(len(body))
	result := value(s.bucket.UploadPart(s.upload(key, id), bytes.NewReader(body), size, number))
	return part{result.PartNumber, result.ETag, size}
}

func (s ossV1) parts(key, id string) (found []part) {
	for marker, more := 0, true; more; {
		page := value(s.bucket.ListUploadedParts(s.upload(key, id), oss.MaxParts(1), oss.PartNumberMarker(marker)))
		for _, each := range page.UploadedParts {
			found = append(found, part{each.PartNumber, each.ETag, int64(each.Size)})
		}
		more = page.IsTruncated
		if more {
			marker = value(strconv.Atoi(page.NextPartNumberMarker))
		}
	}
	return found
}

func (s ossV1) complete(key, id string, parts []part) {
	entries := make([]oss.UploadPart, 0, len(parts))
	for _, each := range parts {
		entries = append(entries, oss.UploadPart{PartNumber: each.number, ETag: each.etag})
	}
	value(s.bucket.CompleteMultipartUpload(s.upload(key, id), entries))
}

func (s ossV1) uploadFile(key, file, checkpoints string) {
	must(s.bucket.UploadFile(key, file, partSize, oss.Routines(3), oss.CheckpointDir(true, checkpoints)))
}

func (s ossV1) downloadFile(key, file, checkpoints string) {
	must(s.bucket.DownloadFile(key, file, partSize, oss.Routines(3), oss.CheckpointDir(true, checkpoints)))
}

func (s ossV1) presigned(method, key string) (string, map[string]string) {
	if method == "PUT" {
		address := value(s.bucket.SignURL(key, oss.HTTPPut, 60, oss.ContentType("text/plain")))
		return address, map[string]string{"Content-Type": "text/plain"}
	}
	return value(s.bucket.SignURL(key, oss.HTTPGet, 60)), nil
}
