package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fault adds a fault that has to be right.
func (a *api) fault(f Fault) Fault {
	a.Helper()
	f, err := a.box.AddFault(f)
	if err != nil {
		a.Fatal(err)
	}
	return f
}

// unheld calls without holding the answer against the contract.
func (a *api) unheld(method, path string) answer {
	req := httptest.NewRequest(method, path, nil)
	req.Header.Set("Authorization", "Bearer "+a.token)
	rec := httptest.NewRecorder()
	a.box.ServeHTTP(rec, req)
	return answer{status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
}

func TestFaultControls(t *testing.T) {
	a := newAPI(t)
	a.token = ""
	if got := string(a.get("/sandbox/faults").want(t, 200).body); got != `{"faults":[]}` {
		t.Errorf("no faults: %s", got)
	}
	full := `{"id":1,"operation":"get_links","method":"GET","path":"/links","status":503,"error_code":"x.y","truncated":true,` +
		`"malformed":true,"reset":true,"wrong_types":true,"escape_sequences":true,"looping_cursor":true,"times":3,"applied":0,` +
		`"retry_after":"30s","latency":"1.5s"}`
	if got := string(a.post("/sandbox/faults", full).want(t, 201).body); got != full {
		t.Errorf("answered %s\nwant     %s", got, full)
	}
	a.post("/sandbox/faults", `{"id":9,"applied":9,"reset":true}`).want(t, 201)
	third := a.fault(Fault{Status: 404, Path: "/nowhere"})
	want := []Fault{
		{
			ID: 1, Operation: "get_links", Method: "GET", Path: "/links", Status: 503, ErrorCode: "x.y", Truncated: true,
			Malformed: true, Reset: true, WrongTypes: true, EscapeSequences: true, LoopingCursor: true, Times: 3,
			RetryAfter: 30 * time.Second, Latency: 1500 * time.Millisecond,
		},
		{ID: 2, Reset: true},
		third,
	}
	if got := a.box.Faults(); !reflect.DeepEqual(got, want) || third.ID != 3 {
		t.Errorf("faults are %+v", got)
	}
	if got := into[faultsAnswer](t, a.get("/sandbox/faults")).Faults; !reflect.DeepEqual(got, want) {
		t.Errorf("listed as %+v", got)
	}

	a.call("DELETE", "/sandbox/faults/2", nil).want(t, 204)
	a.call("DELETE", "/sandbox/faults/2", nil).refused(t, 404, "api_error.request.not_found")
	a.call("DELETE", "/sandbox/faults/two", nil).refused(t, 404, "api_error.request.not_found")
	if a.box.RemoveFault(2) || !a.box.RemoveFault(1) {
		t.Error("removed what is gone, or not what is there")
	}
	if left := a.box.Faults(); len(left) != 1 || left[0].ID != 3 {
		t.Errorf("left are %+v", left)
	}
	a.call("DELETE", "/sandbox/faults", nil).want(t, 204)
	if left := a.box.Faults(); len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
	if next := a.fault(Fault{Reset: true}); next.ID != 4 {
		t.Errorf("the next id is %d", next.ID)
	}
	a.box.ClearFaults()
	if left := a.box.Faults(); len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	a := newAPI(t)
	for _, x := range []struct{ body, field string }{
		{`{"operation":"get_gold","reset":true}`, "operation"},
		{`{"method":"get","reset":true}`, "method"},
		{`{"path":"links","reset":true}`, "path"},
		{`{"status":399}`, "status"},
		{`{"status":600}`, "status"},
		{`{"status":"404"}`, "status"},
		{`{"error_code":"x","reset":true}`, "error_code"},
		{`{"retry_after":"1s","reset":true}`, "retry_after"},
		{`{"retry_after":"-1s","status":429}`, "retry_after"},
		{`{"latency":"-1ns"}`, "latency"},
		{`{"latency":"soon"}`, "latency"},
		{`{"latency":true}`, "latency"},
		{`{"latency":-5}`, "latency"},
		{`{"times":-1,"reset":true}`, "times"},
		{`{"operation":"get_links","method":"POST","status":503}`, "method"},
		{`{"path":"/sandbox/clock","status":503}`, "path"},
		{`{"reset":"yes"}`, "reset"},
		{`{"truncate":true}`, "truncate"},
		{`{"operation":"get_links","times":2}`, "status"},
		{`{}`, "status"},
		{`null`, "status"},
		{`[]`, ""},
		{`{"reset":true} {}`, ""},
		{``, ""},
	} {
		got := a.post("/sandbox/faults", x.body).refused(t, 422, "api_error.request.validation_failed")
		if at := fmt.Sprint(got.at("validation_errors", 0, "location")); at != strings.TrimSuffix("[body "+x.field, " ")+"]" {
			t.Errorf("%s is wrong at %s", x.body, at)
		}
	}
	_, err := a.box.AddFault(Fault{Operation: "get_gold", Reset: true})
	if err == nil || err.Error() != `sandbox: fault: operation: "get_gold" is no operation of the contract` {
		t.Errorf("error: %v", err)
	}
	if kept := a.box.Faults(); len(kept) != 0 {
		t.Errorf("wrong faults were kept: %+v", kept)
	}
	for _, f := range []Fault{{Status: 400}, {Status: 599}, {Latency: 1}, {Truncated: true}, {Malformed: true}, {LoopingCursor: true}} {
		a.fault(f)
	}
}

func TestFaultsMatch(t *testing.T) {
	a := newAPI(t)
	in := "/links/" + a.link(1)
	calls := []string{"GET /links", "GET " + in, "PATCH " + in, "GET " + in + "/accounts", "GET " + in + "/accounts/numbers", "POST /sandbox/connect"}
	for _, x := range []struct {
		fault Fault
		hits  string // one letter a call
	}{
		{Fault{}, "xxxxx-"},
		{Fault{Path: "/sandbox/connect"}, "-----x"},
		{Fault{Operation: "get_link"}, "-x----"},
		{Fault{Method: "GET"}, "xx-xx-"},
		{Fault{Path: "/links"}, "x-----"},
		{Fault{Path: "/links/*"}, "-xx---"},
		{Fault{Path: "/links/*/accounts"}, "---x--"},
		{Fault{Path: "/*/*/accounts/*"}, "----x-"},
		{Fault{Path: in + "/accounts"}, "---x--"},
		{Fault{Path: "/links/mk_other/accounts"}, "------"},
		{Fault{Path: "/links/"}, "------"},
		{Fault{Method: "PATCH", Path: "/links/*"}, "--x---"},
		{Fault{Operation: "get_links", Path: "/links/*"}, "------"},
	} {
		a.box.ClearFaults()
		x.fault.Status = 503
		a.fault(x.fault)
		hits := ""
		for _, call := range calls {
			method, path, _ := strings.Cut(call, " ")
			hits += map[bool]string{true: "x", false: "-"}[a.unheld(method, path).status == 503]
		}
		if hits != x.hits || a.box.Faults()[0].Applied != strings.Count(hits, "x") {
			t.Errorf("%+v hits %s, want %s", a.box.Faults()[0], hits, x.hits)
		}
	}
}

// The controls have to work while everything else goes wrong.
func TestFaultsSpareTheControls(t *testing.T) {
	a := newAPI(t)
	f := a.fault(Fault{Status: 500})
	a.get("/sandbox/faults").want(t, 200)
	a.post("/sandbox/faults", `{"reset":true}`).want(t, 201)
	a.call("DELETE", "/sandbox/faults/"+strconv.Itoa(f.ID), nil).want(t, 204)
	a.call("DELETE", "/sandbox/faults", nil).want(t, 204)
	a.get("/links").want(t, 200)
}

func TestFaultsHitInTurn(t *testing.T) {
	a := newAPI(t)
	first := a.fault(Fault{Operation: "get_links", Status: 500, Times: 2})
	a.fault(Fault{Operation: "get_link", Status: 501})
	a.fault(Fault{Operation: "get_links", Status: 502, Times: 1})
	var got []int
	for range 4 {
		got = append(got, a.unheld("GET", "/links").status)
	}
	if want := []int{500, 500, 502, 200}; !reflect.DeepEqual(got, want) {
		t.Errorf("answered %v, want %v", got, want)
	}
	for i, want := range []int{2, 0, 1} {
		if applied := a.box.Faults()[i].Applied; applied != want {
			t.Errorf("fault %d was applied %d times, want %d", i+1, applied, want)
		}
	}
	a.fault(Fault{Operation: "get_links", Status: 503})
	for range 3 {
		if got := a.unheld("GET", "/links").status; got != 503 {
			t.Errorf("answered %d", got)
		}
	}
	a.box.RemoveFault(first.ID + 3)
	a.get("/links").want(t, 200)
}

func TestFaultsAreCountedExactly(t *testing.T) {
	a := newAPI(t)
	const calls, times = 120, 45
	a.fault(Fault{Status: 503, Times: times})
	var hits atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range calls / 8 {
				if a.unheld("GET", "/institutions").status == 503 {
					hits.Add(1)
				}
				a.box.Faults()
			}
		})
	}
	wg.Wait()
	if hits.Load() != times || a.box.Faults()[0].Applied != times {
		t.Errorf("%d calls were hit, %d counted, want %d", hits.Load(), a.box.Faults()[0].Applied, times)
	}
}

// Every error that the contract documents can be had as the contract has it.
func TestFaultsFitTheContract(t *testing.T) {
	a := newAPI(t)
	segment := regexp.MustCompile(`\{\w+\}`)
	tried := 0
	for path, item := range loadContract().doc.Paths.Map() {
		path = segment.ReplaceAllString(path, a.link(1))
		for method, op := range item.Operations() {
			for text, response := range op.Responses.Map() {
				status, err := strconv.Atoi(text)
				if err != nil || status < 400 {
					continue
				}
				tried++
				f := a.fault(Fault{Operation: op.OperationID, Status: status})
				got := a.call(method, path, nil).want(t, status)
				a.box.RemoveFault(f.ID)
				var body any
				if err := json.Unmarshal(got.body, &body); err != nil {
					t.Fatal(err)
				}
				schema := response.Value.Content.Get("application/json").Schema.Value
				if err := schema.VisitJSON(body); err != nil {
					t.Errorf("%s %d: %v\n%s", op.OperationID, status, err, got.body)
				}
				if (status == http.StatusTooManyRequests) != (got.header.Get("Retry-After") == "1") {
					t.Errorf("%s %d: Retry-After %q", op.OperationID, status, got.header.Get("Retry-After"))
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d errors were tried", tried)
	}
}

func TestFaultErrors(t *testing.T) {
	a := newAPI(t)
	for _, x := range []struct {
		fault         Fault
		code, retryIn string
		linkCode      any
	}{
		{fault: Fault{Status: 400}, code: "api_error.bad_request"},
		{fault: Fault{Status: 401}, code: "api_error.auth.unauthorized"},
		{fault: Fault{Status: 403}, code: "link_error.forbidden_action"},
		{fault: Fault{Status: 404}, code: "link_error.not_found"},
		{fault: Fault{Status: 409}, code: "api_error.bad_request"},
		{fault: Fault{Status: 410}, code: "link_error.deleted"},
		{fault: Fault{Status: 422}, code: "link_error.bad_state", linkCode: "auth_expired"},
		{fault: Fault{Status: 429}, code: "api_error.rate_limit_exceeded", retryIn: "1"},
		{fault: Fault{Status: 429, RetryAfter: 2500 * time.Millisecond}, code: "api_error.rate_limit_exceeded", retryIn: "3"},
		{fault: Fault{Status: 500}, code: "api_error.internal"},
		{fault: Fault{Status: 503, RetryAfter: time.Minute}, code: "api_error.internal", retryIn: "60"},
		{fault: Fault{Status: 401, ErrorCode: "api_error.auth.expired_access_token"}, code: "api_error.auth.expired_access_token"},
		{fault: Fault{Status: 599, ErrorCode: "a.b"}, code: "a.b"},
	} {
		a.box.ClearFaults()
		a.fault(x.fault)
		got := a.unheld("GET", "/links/"+a.link(1)).refused(t, x.fault.Status, x.code)
		if got.header.Get("X-Request-Id") == "" || got.header.Get("MoneyKit-Version") != Version || got.text("error_message") == "" {
			t.Errorf("%d: %v %s", x.fault.Status, got.header, got.body)
		}
		if got.header.Get("Retry-After") != x.retryIn || got.at("link_error_code") != x.linkCode {
			t.Errorf("%d: %v %s", x.fault.Status, got.header, got.body)
		}
	}
}

// Connect says no in its own words.
func TestFaultErrorsOfConnect(t *testing.T) {
	a := newAPI(t)
	a.fault(Fault{Path: "/sandbox/connect/next", Status: 502})
	got := a.post("/sandbox/connect/next", connectBody{Token: a.session("")}).refused(t, 502, "system_error")
	if got.text("displayed_message") == "" || got.text("request_id") != got.header.Get("X-Request-Id") {
		t.Errorf("answered %s", got.body)
	}
}

// A fault with a status takes the operation's place.
func TestFaultErrorsChangeNothing(t *testing.T) {
	a := newAPI(t)
	link := "/links/" + a.link(1)
	a.fault(Fault{Operation: "delete_link", Status: 429, Times: 1})
	a.fault(Fault{Operation: "delete_link", Reset: true, Times: 1})
	a.call("DELETE", link, nil).want(t, 429)
	req, _ := http.NewRequestWithContext(t.Context(), "DELETE", "http://sandbox"+link, nil)
	req.Header.Set("Authorization", "Bearer "+a.token)
	if _, err := a.box.Transport().RoundTrip(req); err == nil {
		t.Error("the connection was not reset")
	}
	if got := a.get(link).text("state"); got != string(connected) {
		t.Errorf("the link is %s", got)
	}
	a.call("DELETE", link, nil).want(t, 204)
}
