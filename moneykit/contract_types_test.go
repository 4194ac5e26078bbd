package moneykit_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"till/moneykit"
)

// TestEveryOperationOfTheContractIsHeld walks the contract, so that an operation
// that the table leaves out is missed, and so is a parameter or a property of a
// body that no entry sends.
func TestEveryOperationOfTheContractIsHeld(t *testing.T) {
	type coverage struct {
		query, body map[string]bool
	}
	held := map[*openapi3.Operation]coverage{}
	for _, op := range operations() {
		found, _, err := route(op.method, op.uri)
		if err != nil {
			t.Fatalf("%s: %v", op.name, err)
		}
		if held[found.Operation].query == nil {
			held[found.Operation] = coverage{map[string]bool{}, map[string]bool{}}
		}
		target, err := url.Parse(op.uri)
		must(err)
		for name := range target.Query() {
			held[found.Operation].query[name] = true
		}
		valuePaths(decoded(t, op.body), "", held[found.Operation].body)
	}
	count := 0
	for path, item := range contract().Paths.Map() {
		for method, op := range item.Operations() {
			count++
			covered, ok := held[op]
			switch {
			case op.OperationID == "create_access_token": // TestTokenRequest
				continue
			case !ok:
				t.Errorf("no test calls %s: %s %s", op.OperationID, method, path)
				continue
			}
			query, body := map[string]bool{}, map[string]bool{}
			for _, p := range op.Parameters {
				if p.Value.In == "query" {
					query[p.Value.Name] = true
				}
			}
			if op.RequestBody != nil {
				for path := range schemaPaths(op.RequestBody.Value.Content["application/json"].Schema.Value, "", map[string]*openapi3.Schema{}) {
					body[path] = true
				}
			}
			equal(t, "parameters of "+op.OperationID, covered.query, query)
			equal(t, "properties sent by "+op.OperationID, covered.body, body)
		}
	}
	same(t, "operations", count, 28)
}

// equal names the places that only one side has.
func equal[V, W any](t *testing.T, what string, got map[string]V, want map[string]W) {
	t.Helper()
	for place := range got {
		if _, ok := want[place]; !ok {
			t.Errorf("%s: %s is not in the contract", what, place)
		}
	}
	for place := range want {
		if _, ok := got[place]; !ok {
			t.Errorf("%s: the contract has %s besides", what, place)
		}
	}
}

// answers are the schemas of the operations' successes by the Go type that they
// are read into.
func answers(t *testing.T) map[reflect.Type]*openapi3.Schema {
	t.Helper()
	found := map[reflect.Type]*openapi3.Schema{}
	for _, op := range operations() {
		if op.status == http.StatusNoContent {
			continue
		}
		result, err := op.call(t.Context(), inMemory(t, &api{handle: answer(op.status, op.answer)}))
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := route(op.method, op.uri)
		must(err)
		schema := r.Operation.Responses.Status(op.status).Value.Content["application/json"].Schema.Value
		if known := found[reflect.TypeOf(result).Elem()]; known != nil && known != schema {
			t.Errorf("%s shares its type with another schema", op.name)
		}
		found[reflect.TypeOf(result).Elem()] = schema
	}
	// Its one member is a Secret, which the operation's own test holds.
	delete(found, reflect.TypeFor[moneykit.LinkSession]())
	return found
}

func schemaOf(name string) *openapi3.Schema { return contract().Components.Schemas[name].Value }

// TestTypesAreTheContracts wants each Go type to have the fields of its schema,
// no more and no less, all the way down.
func TestTypesAreTheContracts(t *testing.T) {
	pairs := answers(t)
	if len(pairs) != 20 {
		t.Errorf("%d types of answers", len(pairs))
	}
	pairs[reflect.TypeFor[moneykit.LinkSessionRequest]()] = withProductsAsMap(schemaOf("CreateLinkSessionRequest"))
	pairs[reflect.TypeFor[moneykit.Correction]()] = schemaOf("BudCategory")
	pairs[reflect.TypeFor[moneykit.ImportAccount]()] = schemaOf("AccountImportData")
	pairs[reflect.TypeFor[moneykit.ValidationError]()] = schemaOf("ValidationError")
	for goType, schema := range pairs {
		fields := typePaths(goType, "", map[string]reflect.Type{})
		properties := schemaPaths(schema, "", map[string]*openapi3.Schema{})
		for place := range fields {
			// One Go type serves all products, and transactions have a field more.
			if strings.HasSuffix(place, ".has_history") && !strings.HasSuffix(place, "products.transactions.has_history") {
				delete(fields, place)
			}
		}
		equal(t, goType.String(), fields, properties)
		for path, property := range properties {
			if len(property.Enum) == 0 || fields[path] == nil {
				continue
			}
			if cases, known := moneykit.Vocabulary[fields[path]]; !known || !sameCases(cases, property.Enum) {
				t.Errorf("%v, %s: %v does not stand for the enum %v", goType, path, fields[path], property.Enum)
			}
		}
	}
}

// withProductsAsMap is a schema in which the settings of products are what Go
// has for them: a map.
func withProductsAsMap(s *openapi3.Schema) *openapi3.Schema {
	request := *s
	settings := *resolved(s.Properties["settings"].Value)
	products := resolved(settings.Properties["products"].Value)
	request.Properties, settings.Properties = maps.Clone(s.Properties), maps.Clone(settings.Properties)
	settings.Properties["products"] = openapi3.NewSchemaRef("", &openapi3.Schema{
		AdditionalProperties: openapi3.AdditionalProperties{Schema: products.Properties["transactions"]},
	})
	request.Properties["settings"] = openapi3.NewSchemaRef("", &settings)
	return &request
}

func sameCases(cases []string, enum []any) bool {
	var want []string
	for _, c := range enum {
		want = append(want, fmt.Sprint(c))
	}
	slices.Sort(want)
	return slices.Equal(slices.Sorted(slices.Values(cases)), want)
}

// TestBalancesAreTheContractsBothWays is for the type that writes itself.
func TestBalancesAreTheContractsBothWays(t *testing.T) {
	full := sampleJSON(schemaOf("AccountBalances"), firstCase, false)
	var balances moneykit.Balances
	must(json.Unmarshal([]byte(full), &balances))
	again, err := json.Marshal(balances)
	must(err)
	same(t, "balances", decoded(t, string(again)), decoded(t, full))
}

func firstCase(int) int { return 0 }

// TestAnswersWithEverythingAreRead gives each operation answers in which every
// property of the contract is there, in every case of its enum, and then in
// which everything that may be null is.
func TestAnswersWithEverythingAreRead(t *testing.T) {
	for _, op := range operations() {
		if op.status == http.StatusNoContent {
			continue
		}
		r, _, err := route(op.method, op.uri)
		must(err)
		schema := r.Operation.Responses.Status(op.status).Value.Content["application/json"].Schema.Value
		for n := range 12 { // the longest enum in an answer has 11 cases
			op.answer = sampleJSON(schema, func(cases int) int { return n % cases }, n == 11)
			a := &api{handle: answer(op.status, op.answer)}
			c := inMemory(t, a)
			if _, err := op.call(t.Context(), c); err != nil {
				t.Errorf("%s: %v: %s", op.name, err, op.answer)
			}
			for _, d := range c.Drift() {
				t.Errorf("%s: %+v", op.name, d)
			}
			calls, _ := a.asked()
			if err := conforms(calls[0], op); err != nil {
				t.Errorf("the sample does not conform: %v", err)
			}
		}
	}
}
