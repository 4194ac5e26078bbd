package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestCourierDelivers(t *testing.T) {
	type delivery struct {
		method, uri string
		header      http.Header
		body        string
	}
	got := make(chan delivery, 1)
	url := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- delivery{r.Method, r.RequestURI, r.Header, string(body)}
		w.WriteHeader(http.StatusAccepted)
	})
	header := http.Header{"Moneykit-Signature": {"signed"}, "Moneykit-Delivery-Attempt": {"2"}}
	given, body := maps.Clone(header), "{\"a\": \"ü\",\n\"b\":1}\n"
	url = strings.Replace(url, "http://", "http://me:p%40ss@", 1) + "/hook%2Fs?a=b&a=c"
	status, err := newTestCourier(t).send(t.Context(), url, header, []byte(body))
	if status != http.StatusAccepted || err != nil {
		t.Fatalf("%d, %v", status, err)
	}
	want := delivery{"POST", "/hook%2Fs?a=b&a=c", http.Header{
		"Content-Type":              {"application/json"},
		"Content-Length":            {fmt.Sprint(len(body))},
		"User-Agent":                {"MoneyKit-Webhooks/1.0 (till Sandbox)"},
		"Authorization":             {"Basic bWU6cEBzcw=="},
		"Moneykit-Signature":        {"signed"},
		"Moneykit-Delivery-Attempt": {"2"},
	}, body}
	if d := <-got; fmt.Sprint(d) != fmt.Sprint(want) {
		t.Errorf("\n got %v\nwant %v", d, want)
	}
	if fmt.Sprint(header) != fmt.Sprint(given) {
		t.Errorf("the header given was changed: %v", header)
	}
}

func TestCourierReturnsAnyStatus(t *testing.T) {
	var asked atomic.Int32
	url := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		var status int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.Header().Set("Location", "/200")
		w.WriteHeader(status)
	})
	c := newTestCourier(t)
	statuses := []int{200, 204, 301, 302, 303, 307, 308, 401, 404, 410, 429, 500, 503}
	for _, status := range statuses {
		c.answers(fmt.Sprintf("%s/%d", url, status), status)
	}
	if got := int(asked.Load()); got != len(statuses) {
		t.Errorf("%d requests, want %d: a redirect is not followed", got, len(statuses))
	}
}

func TestCourierAllows(t *testing.T) {
	c := newTestCourier(t, "Example.com.", "10.0.0.5", "2001:db8::5", "[2001:db8::6]:81", "[2001:db8::7]", "10.0.0.6:443")
	for url, want := range map[string]error{
		"http://127.0.0.1/":                  nil,
		"http://127.9.8.7:8080/":             nil,
		"https://[::1]:8080/":                nil,
		"http://[::ffff:127.0.0.1]/":         nil,
		"http://localhost:8080/hook":         nil,
		"HTTP://LOCALHOST":                   nil,
		"http://who-knows.example/":          nil, // its address decides
		"https://example.com":                nil,
		"http://10.0.0.5/":                   nil,
		"http://10.0.0.5:99/":                nil,
		"http://[::ffff:10.0.0.5]/":          nil,
		"http://[2001:DB8:0::5]/":            nil,
		"http://[2001:db8::6]:81/":           nil,
		"http://[2001:db8::7]:82/":           nil,
		"https://10.0.0.6/":                  nil,
		"http://10.0.0.6:443/":               nil,
		"http://10.0.0.6/":                   errNotAllowed,
		"http://[2001:db8::6]/":              errNotAllowed,
		"http://10.0.0.7/":                   errNotAllowed,
		"http://192.0.2.1/":                  errNotAllowed,
		"http://169.254.169.254/latest/":     errNotAllowed,
		"http://0.0.0.0/":                    errNotAllowed,
		"http://[::]/":                       errNotAllowed,
		"http://[fe80::1%25eth0]/":           errNotAllowed,
		"http://[::ffff:192.0.2.1]/":         errNotAllowed,
		"http://localhost@192.0.2.1/":        errNotAllowed,
		"":                                   errBadURL,
		"/hook":                              errBadURL,
		"//localhost/hook":                   errBadURL,
		"localhost:8080":                     errBadURL,
		"http:/localhost":                    errBadURL,
		"http:localhost":                     errBadURL,
		"http://":                            errBadURL,
		"http://:8080/":                      errBadURL,
		"http://localhost:65536/":            errBadURL,
		"http://localhost:http/":             errBadURL,
		"http://local host/":                 errBadURL,
		"http://[::1/":                       errBadURL,
		"http://localhost/%zz":               errBadURL,
		"http://localhost/\n":                errBadURL,
		"ftp://localhost/":                   errBadURL,
		"file:///etc/passwd":                 errBadURL,
		"ws://127.0.0.1/":                    errBadURL,
		"unix:///var/run/docker.sock":        errBadURL,
		"https+insecure://example.com/hook?": errBadURL,
	} {
		if err := c.allows(url); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", url, err, want)
		}
		if want != nil {
			c.fails(url, want)
		}
	}
}

func TestCourierReachesLoopback(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	v4 := bareReceiver(t, "127.0.0.1:0", ok)
	_, port, _ := strings.Cut(strings.TrimPrefix(v4, "http://"), ":")
	c := newTestCourier(t)
	for _, host := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "LocalHost"} {
		c.answers("http://"+host+":"+port, 200)
	}
	c.dialer.Resolver = resolver("127.0.0.1")
	c.answers("http://me.example:"+port, 200)

	v6 := bareReceiver(t, "[::1]:0", ok)
	c.answers(v6, 200)
	c.dialer.Resolver = resolver("::1")
	c.answers(strings.Replace(v6, "[::1]", "me.example", 1), 200)
}

// A name is looked up for every connection, and each time it is the address
// that counts.
func TestCourierRefusesNamesThatPointElsewhere(t *testing.T) {
	url := strings.Replace(receiver(t, func(http.ResponseWriter, *http.Request) {}), "127.0.0.1", "rebound.example", 1)
	c := newTestCourier(t, "named.example", "10.0.0.5")
	c.dialer.Control = func(_, address string, _ syscall.RawConn) error {
		return fmt.Errorf("%s was about to be dialled", address)
	}
	for _, ip := range []string{"192.0.2.1", "10.0.0.5", "169.254.169.254", "2001:db8::1", "fe80::1", "::ffff:192.0.2.1"} {
		c.dialer.Resolver = resolver(ip)
		c.fails("http://who-knows.example/", errNotAllowed)
		c.fails("https://who-knows.example/", errNotAllowed)
		c.fails("http://named.example.evil.example/", errNotAllowed)
		c.fails("http://named.example@who-knows.example/", errNotAllowed)
	}
	c.dialer.Resolver = resolver("127.0.0.1")
	c.answers(url, 200)
	c.close()
	c.dialer.Resolver = resolver("192.0.2.1")
	c.fails(url, errNotAllowed)
}

func TestCourierReachesNamedHosts(t *testing.T) {
	c := newTestCourier(t, "Named.Example.", "port.example:8443", "10.0.0.5", "2001:db8::5")
	c.dialer.Resolver = resolver("192.0.2.1")
	dialled := errors.New("dialled")
	var to string
	c.dialer.Control = func(_, address string, _ syscall.RawConn) error {
		to = address
		return dialled
	}
	for url, want := range map[string]string{
		"http://named.example/":           "192.0.2.1:80",
		"https://NAMED.EXAMPLE.:81/":      "192.0.2.1:81",
		"https://port.example:8443/":      "192.0.2.1:8443",
		"http://10.0.0.5/":                "10.0.0.5:80",
		"http://[::ffff:10.0.0.5]:99/":    "10.0.0.5:99",
		"https://[2001:db8:0:0::5]/":      "[2001:db8::5]:443",
		"http://user:pw@named.example:1/": "192.0.2.1:1",
	} {
		to = ""
		c.fails(url, dialled)
		if to != want {
			t.Errorf("%s: %q is dialled, want %q", url, to, want)
		}
	}
	for _, url := range []string{
		"https://port.example/", "http://port.example:8444/", "http://sub.named.example/", "http://xnamed.example/",
	} {
		c.fails(url, errNotAllowed)
	}
}

func TestCourierHasNoProxy(t *testing.T) {
	proxied := receiver(t, func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") })
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, proxied)
	}
	c := newTestCourier(t)
	c.dialer.Resolver = resolver("192.0.2.1")
	c.fails("http://who-knows.example/", errNotAllowed)
	if c.transport.Proxy != nil { // the environment is read only once, and may have been before
		t.Error("there is a proxy")
	}
}

func TestCourierLimitsTheAnswer(t *testing.T) {
	c := newTestCourier(t)
	huge := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
		piece := make([]byte, 1<<20)
		for range 64 {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
		t.Error("all of a huge answer is read")
	})
	c.answers(huge, 200)

	wordy := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", maxAnswer))
	})
	if status, err := c.send(t.Context(), wordy, nil, nil); err == nil {
		t.Errorf("%d for a header of more than %d bytes", status, maxAnswer)
	}
}

func TestCourierEndsWithItsContext(t *testing.T) {
	c := newTestCourier(t)
	ctx, cancel := context.WithCancel(t.Context())
	url := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // so that the server sees the end of the connection
		cancel()
		<-r.Context().Done()
	})
	if status, err := c.send(ctx, url, nil, []byte("{}")); status != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d, %v", status, err)
	}
}

// A receiver that takes over the connection must not keep the courier.
func TestCourierDoesNotSwitchProtocols(t *testing.T) {
	url := bareReceiver(t, "127.0.0.1:0", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
	newTestCourier(t).answers(url, http.StatusSwitchingProtocols)
}

func TestCourierWaitsTenSeconds(t *testing.T) {
	for _, x := range []struct {
		name, answer string
		status       int
		err          error
	}{
		{"for an answer", "", 0, context.DeadlineExceeded},
		{"for the rest of a header", "HTTP/1.1 200 OK\r\nX-", 0, context.DeadlineExceeded},
		{"for the rest of a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwell", 200, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newTestCourier(t)
				c.receives(x.answer)
				started := time.Now()
				status, err := c.send(t.Context(), "http://localhost/", nil, []byte("{}"))
				if status != x.status || !errors.Is(err, x.err) {
					t.Errorf("%d, %v, want %d, %v", status, err, x.status, x.err)
				}
				if got := time.Since(started); got != 10*time.Second {
					t.Errorf("it took %v", got)
				}
			})
		})
	}
}

func TestCourierReusesConnectionsForAShortTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTestCourier(t)
		dials := 0
		c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			dials++
			client, server := net.Pipe()
			go func() {
				for read := bufio.NewReader(server); ; {
					r, err := http.ReadRequest(read)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					_, _ = io.WriteString(server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				}
			}()
			return client, nil
		}
		for _, x := range []struct {
			after time.Duration
			dials int
		}{{0, 1}, {keepIdle / 2, 1}, {2 * keepIdle, 2}} {
			time.Sleep(x.after) // on the test's own clock
			c.answers("http://localhost/", 200)
			if dials != x.dials {
				t.Errorf("after %v: %d connections, want %d", x.after, dials, x.dials)
			}
		}
		c.answers("http://127.0.0.1/", 200)
		c.close()
		c.answers("http://localhost/", 200)
		if dials != 4 {
			t.Errorf("%d connections, want one for another host and one after close", dials)
		}
	})
}
