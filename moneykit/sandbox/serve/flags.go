package serve

import "github.com/spf13/pflag"

// Flags are how the command line tells it.
func (c *Config) Flags(f *pflag.FlagSet) {
	f.StringVar(&c.Address, "addr", "127.0.0.1:8787", "where to listen; port 0 takes a free one")
	f.Uint64Var(&c.Shape.Seed, "seed", 1, "the same seed makes the same world")
	f.IntVar(&c.Shape.Links, "links", 12, "how many links the world starts with")
	f.IntVar(&c.Shape.Transactions, "transactions", 400, "about how many transactions a link starts with")
	f.StringVar(&c.Now, "now", "", "when the world begins, such as 2027-01-01T12:00:00Z, instead of now")
	f.Float64Var(&c.Rate, "rate", 1, "how fast its clock runs; 0 stops it")
	f.StringVar(&c.State, "state", "", "file that keeps the world across runs")
	f.StringArrayVar(&c.Clients, "client", nil, "key pair to accept, as ID:SECRET or ID:SECRET:SCOPE,SCOPE; can be repeated")
	f.StringArrayVar(&c.WebhookHosts, "allow-webhook-host", nil, "host that webhooks may go to besides loopback; can be repeated")
	f.BoolVar(&c.Controls, "controls", true, "answer under /sandbox/; on other addresses than loopback only when given")
	f.BoolVar(&c.JSON, "json", false, "tell as JSON what is served")
}
