package io.berth.apiserver.transport;

import io.berth.api.transport.Transport;
import io.berth.apiserver.http.TestingCluster;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.client.HttpsTransport;

class HttpsTransportTest extends TransportContract {
  @Override
  Transport admin(TestingCluster cluster) throws Exception {
    return as(cluster, cluster.pki.admin());
  }

  @Override
  Transport scheduler(TestingCluster cluster) throws Exception {
    return as(cluster, cluster.pki.scheduler());
  }

  private static Transport as(TestingCluster cluster, KeyedCertificate identity) throws Exception {
    return new HttpsTransport(cluster.uri(""), cluster.tls(identity), null, cluster.environment);
  }
}
