package inspect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"till/assets"
	"till/moneykit"
)

// body is JSON in which every leaf is a canary.
type body struct {
	call   moneykit.Exchange
	answer bool
	text   string
	leaves map[string]string // path of each canary
}

// canaries makes values that are found nowhere else.
type canaries struct {
	leaves map[string]string
	count  int
}

func (c *canaries) leaf(path string, numeric bool) any {
	c.count++
	canary := fmt.Sprintf("canary%dx", c.count)
	if numeric {
		canary = fmt.Sprintf("777%d.50", 100000+c.count)
	}
	c.leaves[canary] = path
	if numeric {
		return json.Number(canary)
	}
	return canary
}

// value builds what a schema describes; every field is there.
func (c *canaries) value(schema *openapi3.Schema, path string) any {
	switch {
	case len(schema.AllOf) > 0:
		return c.value(schema.AllOf[0].Value, path)
	case len(schema.AnyOf) > 0:
		return c.value(schema.AnyOf[0].Value, path)
	case schema.Type.Is("array"):
		return []any{c.value(schema.Items.Value, path), c.value(schema.Items.Value, path)}
	case schema.Type.Is("object"):
		return c.object(schema, path)
	}
	return c.leaf(path, schema.Type.Is("number") || schema.Type.Is("integer"))
}

func (c *canaries) object(schema *openapi3.Schema, path string) any {
	object := map[string]any{}
	for name, property := range schema.Properties {
		object[name] = c.value(property.Value, join(path, name))
	}
	if more := schema.AdditionalProperties.Schema; more != nil {
		object["mk_or_acc_1"] = c.value(more.Value, join(path, "*"))
		return object
	}
	object["new_field"] = c.leaf(join(path, "new_field"), false)
	object["new_fields"] = map[string]any{"state": []any{c.leaf(join(path, "new_fields.state"), false)}}
	return object
}

func join(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// bodies builds the bodies of all requests and answers of the contract.
func bodies(t *testing.T) (all []body) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(assets.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for route, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			path := strings.NewReplacer("{", "", "}", "").Replace(route)
			add := func(status int, answer bool, content openapi3.Content) {
				for _, schema := range schemas(content) {
					c := &canaries{leaves: map[string]string{}}
					text, err := json.Marshal(c.value(schema, ""))
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, body{answered(method, route, path, status, ""), answer, string(text), c.leaves})
				}
			}
			for status, response := range operation.Responses.Map() {
				code := 0
				_, _ = fmt.Sscan(status, &code)
				add(code, true, response.Value.Content)
			}
			if operation.RequestBody != nil {
				add(200, false, operation.RequestBody.Value.Content)
			}
		}
	}
	return all
}

// schemas returns the alternatives for a body.
func schemas(content openapi3.Content) (all []*openapi3.Schema) {
	media := content.Get("application/json")
	if media == nil {
		return nil
	}
	if len(media.Schema.Value.AnyOf) == 0 {
		return []*openapi3.Schema{media.Schema.Value}
	}
	for _, alternative := range media.Schema.Value.AnyOf {
		all = append(all, alternative.Value)
	}
	return all
}

// TestEveryFieldOfTheContract compares what is shown of every field with a list
// that was judged by hand.
func TestEveryFieldOfTheContract(t *testing.T) {
	verdicts := map[string]string{}
	for _, b := range bodies(t) {
		title := "Request body"
		if b.answer {
			title = "Response body"
			b.call.ResponseBody = []byte(b.text)
		} else {
			b.call.RequestBody = []byte(b.text)
		}
		lines := show(b.call)
		got := screen(lines)
		for canary, path := range b.leaves {
			verdict := "hidden"
			if strings.Contains(got, canary) {
				verdict = "shown "
			}
			if old := verdicts[path]; old != "" && old != verdict {
				t.Errorf("%s %s: %s is %s and was %s", b.call.Method, b.call.Route, path, verdict, old)
			}
			verdicts[path] = verdict
		}
		if compact(t, revealed(section(t, lines, title))) != compact(t, b.text) {
			t.Errorf("%s %s: another body", b.call.Method, b.call.Route)
		}
	}
	checkPrivate(t, verdicts)
	var list strings.Builder
	for _, path := range slices.Sorted(maps.Keys(verdicts)) {
		list.WriteString(verdicts[path] + " " + path + "\n")
	}
	wantFile(t, list.String(), "fields.golden")
}

// checkPrivate does not trust the list.
func checkPrivate(t *testing.T, verdicts map[string]string) {
	t.Helper()
	private := []string{
		"owners", "names", "addresses", "emails", "phone_numbers", "email", "phone", "customer_user", "custom_sandbox_data",
		"numbers", "account_number", "routing_number", "iban", "account_mask", "mask", "webhook", "original_id",
		"raw_description", "keys", "new_field", "new_fields", "client_secret",
	}
	for path, verdict := range verdicts {
		for part := range strings.SplitSeq(path, ".") {
			secret := strings.HasSuffix(part, "_token") || slices.Contains(private, part)
			if secret && verdict != "hidden" {
				t.Errorf("%s is %s", path, verdict)
			}
		}
	}
	for _, path := range []string{
		"link_id", "state", "link.link_id", "transactions.amount", "accounts.balances.current", "accounts.name",
		"link.products.identity.refreshed_at", "links.*.state", "links.*.accounts.account_id", "accounts.*.account_id",
		"validation_errors.location", "error_code", "transactions.removed", "holdings.value",
	} {
		if verdicts[path] != "shown " {
			t.Errorf("%s is %q", path, verdicts[path])
		}
	}
}

func compact(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		return err.Error()
	}
	return b.String()
}
