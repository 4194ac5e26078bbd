package moneykit_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"till/moneykit"
)

// FuzzDecode gives any body to every operation that reads one. Each ends in an
// error or in a value, all of whose parts are JSON.
func FuzzDecode(f *testing.F) {
	var reading []operation
	for _, op := range operations() {
		if op.status != 204 && op.name != "CreateLinkSession" {
			reading = append(reading, op)
			f.Add(op.answer)
		}
	}
	for _, odd := range []string{odd(1), `{"links":{"a":null,"":{}}}`, `{"accounts":[null,{"balances":{"limit":1e99}}]}`, `{"transactions":{"created":[{"amount":"1e101"}]}}`, "\xff", "[[["} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := &api{handle: answer(200, body)}
		c := inMemory(t, a, moneykit.WithRetries(0), moneykit.WithRateLimit(0, 0))
		for _, op := range reading {
			a.handle = answer(op.status, body)
			result, err := op.call(context.Background(), c)
			if err != nil {
				if strings.Contains(err.Error(), "canary") {
					t.Error(err)
				}
				continue
			}
			partsAreJSON(t, reflect.ValueOf(result))
		}
		for _, d := range c.Drift() {
			if len(d.Shape) > 200 {
				t.Errorf("%+v", d)
			}
		}
	})
}

// partsAreJSON looks through a result for the JSON that its parts keep.
func partsAreJSON(t *testing.T, v reflect.Value) {
	t.Helper()
	if part, ok := v.Interface().(interface{ JSON() []byte }); ok && v.Kind() == reflect.Struct && part.JSON() != nil {
		if raw := jsontext.Value(part.JSON()); !raw.IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) || strings.TrimSpace(string(raw)) != string(raw) {
			t.Fatalf("%v keeps %q", v.Type(), part.JSON())
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			partsAreJSON(t, v.Elem())
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() || v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			partsAreJSON(t, v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			partsAreJSON(t, v.MapIndex(key))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				partsAreJSON(t, v.Field(i))
			}
		}
	}
}
