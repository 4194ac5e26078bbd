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

// Pages holds the Sandbox's web pages: pages/bank.html, a template of
// html/template, and pages/connect.html with its script and style.
//
//go:embed pages
var Pages embed.FS

// Launcher holds the page that till serves around Connect:
// launcher/launcher.html, a template of html/template, with its script and style,
// and launcher/claimed.html, for all browsers but the first.
//
//go:embed launcher
var Launcher embed.FS
