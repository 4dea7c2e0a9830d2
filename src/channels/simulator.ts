import type { Channel, Outgoing } from './channel.ts';

/** Where simulated phones keep what they get. Putting the same token twice leaves one message. */
export interface SimulatedPhones {
  put(message: Outgoing): Promise<void>;
}

/**
 * Plays all channels for an organisation in training: messages appear on the phones at /simulator.
 * It has no provider, so nothing leaves the process.
 */
export function simulator(phones: SimulatedPhones): Channel {
  return {
    name: 'sms',
    secrets: [],
    inFlight: 64,
    perSecond: Number.POSITIVE_INFINITY,
    async send(message) {
      await phones.put(message);
      return { final: true };
    },
  };
}
