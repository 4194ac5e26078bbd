// Package assets holds what is embedded into the program as files: the API's
// contract and the word lists the Sandbox invents its world from. It only
// hands the files out; reading them is left to the packages that use them.
package assets

import "embed"

// OpenAPI is the contract of the MoneyKit API, version 2023-02-18, as an
// OpenAPI 3.0 document in YAML. Do not change the bytes.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Words holds the Sandbox's word lists as words/*.txt, one invented name a
// line. In some lists a line has further fields, separated by a bar.
//
//go:embed words/*.txt
var Words embed.FS

// Pages holds the web pages of the Sandbox as pages/*.html, each a template of
// html/template.
//
//go:embed pages/*.html
var Pages embed.FS
