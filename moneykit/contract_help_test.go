package moneykit_test

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"till/moneykit"
)

// schemaPaths lists every place in a schema by its path, such as
// transactions.created[].amount.
func schemaPaths(s *openapi3.Schema, path string, into map[string]*openapi3.Schema) map[string]*openapi3.Schema {
	s = resolved(s)
	if path != "" {
		into[path] = s
	}
	switch {
	case s.Items != nil:
		schemaPaths(s.Items.Value, path+"[]", into)
	case s.AdditionalProperties.Schema != nil:
		schemaPaths(s.AdditionalProperties.Schema.Value, path+"{}", into)
	}
	for name, property := range s.Properties {
		schemaPaths(property.Value, strings.TrimPrefix(path+"."+name, "."), into)
	}
	return into
}

// resolved looks through the allOf that makes a reference nullable.
func resolved(s *openapi3.Schema) *openapi3.Schema {
	if len(s.AllOf) == 1 {
		return s.AllOf[0].Value
	}
	return s
}

// typePaths lists every place in a Go type by the path that its JSON has.
func typePaths(t reflect.Type, path string, into map[string]reflect.Type) map[string]reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if path != "" {
		into[path] = t
	}
	ours := strings.HasPrefix(t.PkgPath(), "till/") || t.PkgPath() == "" // others read themselves
	switch {
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		typePaths(t.Elem(), path+"[]", into)
	case t.Kind() == reflect.Map:
		typePaths(t.Elem(), path+"{}", into)
	case t.Kind() == reflect.Struct && ours && t != reflect.TypeFor[moneykit.Date]():
		for i := range t.NumField() {
			f := t.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case name == "-" || options == "embed" || !f.IsExported():
			case name == "" && f.Anonymous:
				if typePaths(f.Type, path, into); path != "" {
					into[path] = t // and not what is embedded in it
				}
			default:
				typePaths(f.Type, strings.TrimPrefix(path+"."+name, "."), into)
			}
		}
	}
	return into
}

// valuePaths lists every place in decoded JSON, as schemaPaths does.
func valuePaths(v any, path string, into map[string]bool) {
	if path != "" {
		into[path] = true
	}
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			valuePaths(member, strings.TrimPrefix(path+"."+name, "."), into)
		}
	case []any:
		for _, element := range v {
			valuePaths(element, path+"[]", into)
		}
	}
}

// sample makes a value of a schema with every property that it has. pick
// chooses among the cases of an enum; with null, all is null that may be.
func sample(s *openapi3.Schema, pick func(cases int) int, null bool) any {
	if s.Nullable && null {
		return nil
	}
	s = resolved(s)
	switch {
	case len(s.Enum) > 0:
		return s.Enum[pick(len(s.Enum))]
	case len(s.AnyOf) > 0:
		return sample(s.AnyOf[0].Value, pick, null)
	case s.Items != nil:
		return []any{sample(s.Items.Value, pick, null), sample(s.Items.Value, pick, null)}
	case s.AdditionalProperties.Schema != nil:
		return map[string]any{"somebodysid": sample(s.AdditionalProperties.Schema.Value, pick, null)}
	case s.Type.Is("object"):
		members := map[string]any{}
		for name, property := range s.Properties {
			members[name] = sample(property.Value, pick, null)
		}
		return members
	case s.Type.Is("string") && s.Format == "date-time":
		return "2026-03-09T12:00:00Z"
	case s.Type.Is("string") && s.Format == "date":
		return "2026-03-09"
	case s.Type.Is("string"):
		return "12.50" // so that it can be an amount
	case s.Type.Is("boolean"):
		return !null
	}
	return 7
}

// sampleJSON is a sample as text.
func sampleJSON(s *openapi3.Schema, pick func(int) int, null bool) string {
	text, err := json.Marshal(sample(s, pick, null))
	must(err)
	return string(text)
}
