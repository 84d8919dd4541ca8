package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

var background = context.Background()

// ossV2 is alibabacloud-oss-go-sdk-v2.
type ossV2 struct {
	client *oss.Client
	bucket *string
}

func registerOssV2() {
	version := versionOf("github.com/aliyun/alibabacloud-oss-go-sdk-v2")
	for name, signature := range map[string]oss.SignatureVersionType{
		"V1": oss.SignatureVersionV1,
		"V4": oss.SignatureVersionV4,
	} {
		ossSdk{
			name:   fmt.Sprintf("alibabacloud-oss-go-sdk-v2 %s %s", version, name),
			codeOf: codeOfV2,
			open: func(provide func() keys, bucket string) store {
				provider := credentials.CredentialsProviderFunc(func(context.Context) (credentials.Credentials, error) {
					given := provide()
					return credentials.Credentials{
						AccessKeyID:     given.AccessKeyId,
						AccessKeySecret: given.AccessKeySecret,
						SecurityToken:   given.SecurityToken,
					}, nil
				})
				config := oss.LoadDefaultConfig().WithCredentialsProvider(provider).WithRegion(stage.Region).
					WithEndpoint(stage.Oss).WithSignatureVersion(signature)
				return ossV2{oss.NewClient(config), oss.Ptr(bucket)}
			},
		}.register()
	}
}

func codeOfV2(thrown any) string {
	var refusal *oss.ServiceError
	if err, ok := thrown.(error); ok && errors.As(err, &refusal) {
		return refusal.Code
	}
	return fmt.Sprint(thrown)
}

func (s ossV2) put(key string, body []byte) {
	value(s.client.PutObject(background, &oss.PutObjectRequest{
		Bucket: s.bucket, Key: oss.Ptr(key), Body: bytes.NewReader(body),
	}))
}

func (s ossV2) get(key string) []byte {
	result := value(s.client.GetObject(background, &oss.GetObjectRequest{Bucket: s.bucket, Key: oss.Ptr(key)}))
	defer result.Body.Close()
	return value(io.ReadAll(result.Body))
}

func (s ossV2) size(key string) int64 {
	return value(s.client.HeadObject(background, &oss.HeadObjectRequest{
		Bucket: s.bucket, Key: oss.Ptr(key),
	})).ContentLength
}

func (s ossV2) exists(key string) bool {
	return value(s.client.IsObjectExist(background, *s.bucket, key))
}

func (s ossV2) remove(key string) {
	value(s.client.DeleteObject(background, &oss.DeleteObjectRequest{Bucket: s.bucket, Key: oss.Ptr(key)}))
}

func (s ossV2) copyTo(source, target string) {
	value(s.client.CopyObject(background, &oss.CopyObjectRequest{
		Bucket: s.bucket, Key: oss.Ptr(target), SourceKey: oss.Ptr(source),
	}))
}

func (s ossV2) list(prefix string) (found []string) {
	pages := s.client.NewListObjectsPaginator(&oss.ListObjectsRequest{
		Bucket: s.bucket, Prefix: oss.Ptr(prefix), MaxKeys: 2,
	})
	for pages.HasNext() {
		for _, object := range value(pages.NextPage(background)).Contents {
			found = append(found, *object.Key)
		}
	}
	return found
}

func (s ossV2) listV2(prefix string) (found []string) {
	pages := s.client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{
		Bucket: s.bucket, Prefix: oss.Ptr(prefix), MaxKeys: 2,
	})
	for pages.HasNext() {
		for _, object := range value(pages.NextPage(background)).Contents {
			found = append(found, *object.Key)
		}
	}
	return found
}

func (s ossV2) initiate(key string) string {
	return *value(s.client.InitiateMultipartUpload(background, &oss.InitiateMultipartUploadRequest{
		Bucket: s.bucket, Key: oss.Ptr(key),
	})).UploadId
}

func (s ossV2) uploadPart(key, upload string, number int, body []byte) part {
	result := value(s.client.UploadPart(background, &oss.UploadPartRequest{
		Bucket: s.bucket, Key: oss.Ptr(key), UploadId: oss.Ptr(upload),
		PartNumber: int32(number), Body: bytes.NewReader(body),
	}))
	return part{number, *result.ETag, int64(len(body))}
}

func (s ossV2) parts(key, upload string) (found []part) {
	pages := s.client.NewListPartsPaginator(&oss.ListPartsRequest{
		Bucket: s.bucket, Key: oss.Ptr(key), UploadId: oss.Ptr(upload), MaxParts: 1,
	})
	for pages.HasNext() {
		for _, each := range value(pages.NextPage(background)).Parts {
			found = append(found, part{int(each.PartNumber), *each.ETag, each.Size})
		}
	}
	return found
}

func (s ossV2) complete(key, upload string, parts []part) {
	entries := make([]oss.UploadPart, 0, len(parts))
	for _, each := range parts {
		entries = append(entries, oss.UploadPart{PartNumber: int32(each.number), ETag: oss.Ptr(each.etag)})
	}
	value(s.client.CompleteMultipartUpload(background, &oss.CompleteMultipartUploadRequest{
		Bucket: s.bucket, Key: oss.Ptr(key), UploadId: oss.Ptr(upload),
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: entries},
	}))
}

func (s ossV2) uploadFile(key, file, checkpoints string) {
	uploader := s.client.NewUploader(func(options *oss.UploaderOptions) {
		options.PartSize, options.ParallelNum = partSize, 3
		options.EnableCheckpoint, options.CheckpointDir = true, checkpoints
	})
	value(uploader.UploadFile(background, &oss.PutObjectRequest{Bucket: s.bucket, Key: oss.Ptr(key)}, file))
}

func (s ossV2) downloadFile(key, file, checkpoints string) {
	downloader := s.client.NewDownloader(func(options *oss.DownloaderOptions) {
		options.PartSize, options.ParallelNum = partSize, 3
		options.EnableCheckpoint, options.CheckpointDir = true, checkpoints
	})
	value(downloader.DownloadFile(background, &oss.GetObjectRequest{Bucket: s.bucket, Key: oss.Ptr(key)}, file))
}

func (s ossV2) presigned(method, key string) (string, map[string]string) {
	var request any = &oss.GetObjectRequest{Bucket: s.bucket, Key: oss.Ptr(key)}
	if method == "PUT" {
		request = &oss.PutObjectRequest{Bucket: s.bucket, Key: oss.Ptr(key), ContentType: oss.Ptr("text/plain")}
	}
	result := value(s.client.Presign(background, request, oss.PresignExpires(time.Minute)))
	return result.URL, result.SignedHeaders
}
