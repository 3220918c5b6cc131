package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Carries objects of a custom resource from one of its versions to another. */
interface Conversion {
  /** All versions have the same fields: only the {@code apiVersion} changes. */
  Conversion NONE =
      (objects, apiVersion) -> {
        objects.forEach(object -> object.put("apiVersion", apiVersion));
        return objects;
      };

  /**
   * @param objects not yet in the version; they may be changed
   * @return as many, in the same order
   * @throws io.berth.api.transport.ApiException they cannot be converted
   */
  List<ObjectNode> convert(List<ObjectNode> objects, String apiVersion);
}
