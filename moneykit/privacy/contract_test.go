package privacy

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"till/assets"
)

var contract = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(assets.OpenAPI)
	must(err)
	return doc
})

// TestEveryPlaceOfTheContractHasARuling walks the contract, so that an operation, a
// parameter or a field that is new to it is missed here.
func TestEveryPlaceOfTheContractHasARuling(t *testing.T) {
	ours := map[string]operation{}
	for _, op := range operations {
		ours[op.method+" "+op.route] = op
	}
	for route, item := range contract().Paths.Map() {
		for method, theirs := range item.Operations() {
			name := method + " " + route
			op, ok := ours[name]
			if !ok {
				t.Errorf("%s has no ruling", name)
				continue
			}
			delete(ours, name)
			t.Run(name, func(t *testing.T) { compare(t, op, theirs) })
		}
	}
	for name := range ours {
		t.Errorf("%s is not in the contract", name)
	}
}

func compare(t *testing.T, op operation, theirs *openapi3.Operation) {
	params := map[string]bool{}
	for _, p := range theirs.Parameters {
		switch p.Value.In {
		case "query":
			params[p.Value.Name] = true
			// What is neither an enum nor a number nor a date can be an id.
			s := p.Value.Schema.Value
			if s.Items != nil {
				s = s.Items.Value
			}
			free := s.Type.Is("string") && len(s.Enum) == 0 && s.Format == "" && p.Value.Name != "category"
			if ruled := op.query[p.Value.Name]; free && ruled != masked && ruled != barred {
				t.Errorf("the parameter %s is not revealed", p.Value.Name)
			}
		case "path":
			if !strings.Contains(op.route, "{"+p.Value.Name+"}") {
				t.Errorf("the parameter %s is not in the path", p.Value.Name)
			}
		case "header": // X-Client-Id and Authorization, which are the client's own
		default:
			t.Errorf("nothing rules on a parameter in %s", p.Value.In)
		}
	}
	sameNames(t, "parameters", op.query, params)
	if theirs.RequestBody != nil {
		if media := theirs.RequestBody.Value.Content["application/json"]; media != nil {
			ruledAs(t, "request", op.body, media.Schema.Value)
		} else if op.body != nil {
			t.Error("a ruling for a body that is no JSON")
		}
	} else if op.body != nil {
		t.Error("a ruling for a body that is not sent")
	}
	for status, response := range theirs.Responses.Map() {
		media := response.Value.Content["application/json"]
		switch {
		case media == nil:
		case strings.HasPrefix(status, "2"):
			covers(t, "answer", op.answer, media.Schema.Value)
		default:
			for _, s := range alternatives(media.Schema.Value) {
				covers(t, status, problem, s)
			}
		}
	}
}

func alternatives(s *openapi3.Schema) []*openapi3.Schema {
	if len(s.AnyOf) == 0 {
		return []*openapi3.Schema{s}
	}
	var all []*openapi3.Schema
	for _, ref := range s.AnyOf {
		all = append(all, ref.Value)
	}
	return all
}

func sameNames[V, W any](t *testing.T, what string, got map[string]V, want map[string]W) {
	t.Helper()
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s is not in the contract", what, name)
		}
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s: %s has no ruling", what, name)
		}
	}
}

// innermost looks through lists and through the allOf that makes a reference nullable.
func innermost(s *openapi3.Schema) *openapi3.Schema {
	for {
		switch {
		case len(s.AllOf) == 1:
			s = s.AllOf[0].Value
		case s.Items != nil:
			s = s.Items.Value
		default:
			return s
		}
	}
}

// covers wants a ruling for each place of a schema, of a kind that suits it.
func covers(t *testing.T, path string, by *ruling, s *openapi3.Schema) {
	t.Helper()
	s = innermost(s)
	switch {
	case by == nil:
		t.Errorf("%s has no ruling", path)
	case s.AdditionalProperties.Schema != nil:
		covers(t, path+"{}", by.each, s.AdditionalProperties.Schema.Value)
	case len(s.Properties) > 0:
		for name, property := range s.Properties {
			covers(t, path+"."+name, by.fields[name], property.Value)
		}
	case !slices.Contains(suitable(path, s), by):
		t.Errorf("the ruling of %s does not suit it", path)
	}
}

// staying are the fields that stay although the contract does not say that they are
// enums or dates.
var staying = map[string]*ruling{
	"access_token": asIs, "link_session_token": asIs, "keys": asIs, "token_type": code, "scope": scopes, "unavailable": code,
	"account_type": code, "currency": code, "country": code, "link_error_code": code, "validation_errors.type": code,
	"investment_transactions.type": category, "securities.type": category,
	"transactions.category": category, "created.category": category, "updated.category": category,
	"value": category, "frequency": category, "quantity": quantity, "price": price, "close_price": price, "forex_rate": rate,
}

// suitable are the rulings that a leaf may have.
func suitable(path string, s *openapi3.Schema) []*ruling {
	parts := strings.Split(path, ".")
	for _, name := range []string{parts[len(parts)-1], strings.Join(parts[max(0, len(parts)-2):], ".")} {
		if ruled := staying[name]; ruled != nil && (name != "value" || parts[len(parts)-2] != "holdings") {
			return []*ruling{ruled}
		}
	}
	switch {
	case len(s.AnyOf) > 0: // the place of a validation error
		return []*ruling{problem.fields["validation_errors"].fields["location"]}
	case len(s.Enum) > 0:
		return []*ruling{code}
	case s.Format == "date" || s.Format == "date-time":
		return []*ruling{moment}
	case s.Type.Is("boolean"):
		return []*ruling{flag}
	case s.Type.Is("integer"):
		return []*ruling{count}
	case s.Type.Is("number"):
		return []*ruling{amount}
	case strings.HasSuffix(parts[len(parts)-1], "_id") || parts[len(parts)-1] == "id":
		return []*ruling{id}
	}
	return []*ruling{id, bankName, account, person, shop, paper, label, email, street, town, domain, address, colour, symbol, figures, amount, message}
}

// ruledAs wants the places of a request and of its ruling to be the same.
func ruledAs(t *testing.T, path string, by *ruling, s *openapi3.Schema) {
	t.Helper()
	s = innermost(s)
	if by == nil {
		t.Errorf("%s has no ruling", path)
		return
	}
	sameNames(t, path, by.fields, s.Properties)
	if len(s.Properties) == 0 && by != given && by != masked {
		t.Errorf("the ruling of %s does not suit it", path)
	}
	for name, property := range s.Properties {
		ruledAs(t, path+"."+name, by.fields[name], property.Value)
	}
	if s.Type.Is("boolean") {
		return
	}
	if isID := strings.HasSuffix(path, "_id") || strings.HasSuffix(path, "tags") || strings.HasSuffix(path, "user.id"); isID != (by == masked) {
		t.Errorf("%s: an id is revealed and nothing else", path)
	}
}

// TestFixedMessagesAreTheContracts wants the messages that pass to be those that the
// contract gives.
func TestFixedMessagesAreTheContracts(t *testing.T) {
	fixed := map[string]bool{}
	for _, s := range contract().Components.Schemas {
		if m := s.Value.Properties["error_message"]; m != nil {
			if text, ok := m.Value.Default.(string); ok {
				fixed[text] = true
			}
		}
	}
	if !maps.Equal(fixed, fixedMessages) {
		t.Errorf("got %v, want %v", fixedMessages, fixed)
	}
}
