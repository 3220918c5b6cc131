/** What every controller is made of: the context it gets, the loop it runs, the way it listens. */
package io.berth.controllers.loop;
