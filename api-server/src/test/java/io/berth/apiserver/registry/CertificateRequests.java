package io.berth.apiserver.registry;

/** A certificate request for tests: common name jane, organization dev. */
final class CertificateRequests {
  static final String BASE64 =
      "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQ1lqQ0NBVW9DQVFBd0hURU5NQXNH"
          + "QTFVRUF3d0VhbUZ1WlRFTU1Bb0dBMVVFQ2d3RFpHVjJNSUlCSWpBTgpCZ2txaGtpRzl3MEJBUUVGQUFP"
          + "Q0FROEFNSUlCQ2dLQ0FRRUE1SGsyZlNZeDlOc01IczZ2TkRYdUhxdmJicXo2CnBITVhXN213N1N4REt0"
          + "c3ZzWmNJc3NLai9hWEVQUzlnQnVGQ1ljYkdpeDZWTmJpaVB1dFNqK3hQdnpKOHR4UUMKSk16YUkrbk1w"
          + "WjdKZ2cvbW1DcUVBTElSNWhOOThuL2o1V1Rrd1JVUWNLaVRiVFVGb1RzUkhnNkpJYXNyWFg3OApXbXlJ"
          + "NEsvVEtrdHJsbnlQamx2enhMQjNMazZXRnJDZnorV3NMc3lXdmpKSlFlRVE1N1hEbXFVM0pPdUxqMHI3"
          + "ClFWb0dyWE1LcCs1WWRKSksxc2RENllUNkhkUnUrY1VKdEt2dXF3OHpSOENiMlppWXdINi9uaUViZlh2"
          + "Yk5EZmMKc1AwejRlejYrVlR6eDE2UHdneWIzK29WeVBTUjJxUVBEaVF1WWZOYVpXcEJUS21XM0xZNHg5"
          + "YWpid0lEQVFBQgpvQUF3RFFZSktvWklodmNOQVFFTEJRQURnZ0VCQUJoZHMycVZvNWpBUzBXTStQa0lL"
          + "RUNQSWU5WDI4REtWMUhGCk1KUlNtSlNHZ2FhaVZhV0pEd0hnRG9RL2lJK2JiWU5kakhudkU2eEcxK3Fo"
          + "RHRVLzMxUnBoc1dWSUJDdnJlcE0KU1Mrdjh4WGdTYnVkYmQ2TmIyanJqbmpvczdxUmdRaDNsODdJeG1m"
          + "Z0pwQnRuTzQxaWxwSE9GMUdUMG5QbHJ6dAp5SkRIUCswUkhKNFVRUDdWbVJVd3VrR0d5aVhxblgyQ3dq"
          + "VURxL1haclhJTTJ3VC9PRGkrY3JYMnh4WEs0dEhHCjhOWjJhZHNqeWlWMXArbWxaSy81RmxxSEVFWGVn"
          + "dTBHM2F4cm8wVW13Z2V6ajFwRmlCUUNiUkI3aGE5ajg1SzQKYk9PTHlSU3kvTUZIeHpTMlhBUVNoUVdo"
          + "L2dMZ29jL0dPWFpIZkxlWEppZThEWHROSldZPQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0t"
          + "LS0K";

  private CertificateRequests() {}
}
